"""A transaction of lane 1 that fails in the EVM: nonce and fee are written, nothing else; as in py-evm."""

from __future__ import annotations

from typing import Final, NamedTuple

import pytest
from msgspec.structs import replace

from quarkparsec.chain.creation import create_address
from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.receipt import Receipt
from quarkparsec.chain.transaction import Transaction
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.state.genesis_entry import GenesisEntry
from quarkparsec.types import Recipient, ShardKey, Slot
from tests.runners.assembler import assemble
from tests.serializability.plain_chain import PlainChain
from tests.shard.cluster_of_one import ALICE, BOB, GENESIS, Driven, summary_of
from tests.shard.programs import COUNTER, word_of

KEY = ShardKey(0)
FAILING, COUNTING = Recipient(b"\xfa" * 20), Recipient(b"\xc0" * 20)
PAYEE: Final = BOB.recipient
GAS: Final = 200_000
FIRST: Final = Slot(bytes(32))

DOES_MUCH: Final = (
    f"7 0 SSTORE 0 0 0 0 5 {word_of(PAYEE)} GAS CALL POP 0 0 0 0 0 {word_of(COUNTING)} GAS CALL POP "
    "0 0 LOG0 "
)
"""Writes, pays somebody, lets another contract write, and leaves a log."""

CALLED: Final = {
    "reverts": assemble(DOES_MUCH + "0 0 REVERT"),
    "reverts with words": assemble(DOES_MUCH + "42 0 MSTORE 32 0 REVERT"),
    "loops": assemble(DOES_MUCH) + b"\x5b" + assemble(f"{len(assemble(DOES_MUCH))} JUMP"),
    "is invalid": assemble(DOES_MUCH + "INVALID"),
    "jumps into nothing": assemble(DOES_MUCH + "1 JUMP"),
    "pops too much": assemble(DOES_MUCH + "POP"),
}


class Ran(NamedTuple):
    """One transaction in a block of its own, and the same on a plain chain."""

    driven: Driven
    receipt: Receipt
    plain: PlainChain


def genesis(code: bytes) -> Genesis:
    contracts = {
        FAILING: GenesisEntry(KEY, 1, 1_000, code, {}),
        COUNTING: GenesisEntry(KEY, 1, 0, COUNTER, {}),
    }
    return replace(GENESIS, alloc={**GENESIS.alloc, **contracts})


def run(chain: Genesis, transaction: Transaction) -> Ran:
    driven = Driven(genesis=chain)
    driven.welcome()
    driven.take(Candidate(transaction, KEY, runs_code=True))
    driven.open()
    (sealed,) = driven.seal()
    driven.commit(summary_of(sealed).block_hash)
    (announced,) = driven.announced
    (receipt,) = announced.receipts
    plain = PlainChain(chain)
    plain.begin_epoch(announced.block.header, ())
    ending = plain.send(transaction, KEY)
    assert (receipt.status, receipt.gas_used, receipt.logs) == (0, ending.gas_used, ending.logs)
    assert not ending.succeeded
    return Ran(driven, receipt, plain)


def check_only_the_senders_nonce_and_fee_are_written(ran: Ran) -> None:
    state = ran.driven.machine.shard_state
    header = ran.driven.announced[0].block.header
    assert ran.receipt.logs == ()
    fee = ran.receipt.gas_used * ran.receipt.effective_gas_price
    sender = state.account(ALICE.recipient)
    assert sender is not None
    assert (sender.nonce, sender.balance) == (1, 10**18 - fee)
    assert (sender.nonce, sender.balance) == (
        ran.plain.nonce(ALICE.recipient),
        ran.plain.balance(ALICE.recipient),
    )
    untouched = Driven(genesis=ran.driven.genesis)
    for other in (FAILING, COUNTING, PAYEE, create_address(ALICE.recipient, 0)):
        assert state.account(other) == untouched.machine.shard_state.account(other)
        assert ran.plain.word(other, FIRST) == 0
    assert header.gas_used == ran.receipt.gas_used


@pytest.mark.parametrize("code", CALLED.values(), ids=CALLED)
def test_of_a_call_that_fails_only_nonce_and_fee_are_written_as_in_py_evm(code: bytes) -> None:
    call = ALICE.sign(0, FAILING, 3, gas_limit=GAS)
    check_only_the_senders_nonce_and_fee_are_written(run(genesis(code), call))


@pytest.mark.parametrize("code", CALLED.values(), ids=CALLED)
def test_of_a_creation_that_fails_only_nonce_and_fee_are_written_as_in_py_evm(code: bytes) -> None:
    create = ALICE.sign(0, None, 3, code, GAS)
    check_only_the_senders_nonce_and_fee_are_written(run(genesis(b""), create))


def test_what_runs_out_of_gas_pays_for_all_of_it() -> None:
    ran = run(genesis(CALLED["loops"]), ALICE.sign(0, FAILING, gas_limit=GAS))
    assert ran.receipt.gas_used == GAS
