"""Forks differ where Ethereum's do."""

from __future__ import annotations

from quarkparsec.chain.fork import FORKS, PRECOMPILES
from quarkparsec.runners.evm.forks import RULES, WATCHED_RULES
from tests.runners.assembler import assemble, returning
from tests.runners.scene import Scene, recipient

CONTRACT = recipient(1)
EXTCODESIZE, EXTCODEHASH, JUMPDEST = 0x3B, 0x3F, 0x5B
CALLS = (0xF1, 0xF2, 0xF4, 0xFA)


def test_every_fork_has_rules_for_its_precompiled_contracts() -> None:
    assert set(RULES) == set(FORKS)
    for fork in FORKS:
        assert RULES[fork].precompiles.keys() == PRECOMPILES[fork]


def test_a_watched_table_differs_where_it_is_looked_and_not_in_any_price() -> None:
    for fork in FORKS:
        plain, watched = RULES[fork].instructions, WATCHED_RULES[fork].instructions
        differing = [n for n in range(256) if plain[n] != watched[n]]
        assert differing == [EXTCODESIZE, EXTCODEHASH, JUMPDEST, *CALLS]
        assert [entry[1:] for entry in plain] == [entry[1:] for entry in watched]


def test_cancun_follows_no_delegation() -> None:
    outputs = []
    for fork in FORKS:
        stage = Scene(fork=fork)
        delegate = stage.contract(recipient(2), assemble(f"7 {returning(1)}"))
        stage.contract(CONTRACT, b"\xef\x01\x00" + delegate)
        outputs.append(stage.execute(CONTRACT).error)
    assert outputs == ["invalid opcode: opcode 0xef not defined", None]


def test_the_bls_contracts_came_with_prague() -> None:
    program = assemble(f"0 0 0 0 11 30000 STATICCALL {returning(1)}")
    flags = []
    for fork in FORKS:
        stage = Scene(fork=fork)
        stage.contract(CONTRACT, program)
        flags.append(stage.execute(CONTRACT).output[-1])
    assert flags == [1, 0]  # nothing is there to fail; an empty input is no pair of points
