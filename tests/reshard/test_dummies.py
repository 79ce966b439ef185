"""A contract that went to the other half is a dummy here: a call reverts exactly as it did before."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from quarkparsec.state import sweeping
from quarkparsec.state.foreign import FOREIGN_STUB
from quarkparsec.types import Recipient, ShardId
from tests.reshard.scenery import CONTRACTS, RICH, entries, universal
from tests.reshard.shards import Ending, Shards
from tests.reshard.signing import Wish
from tests.runners.assembler import assemble, returning

HERE, GONE = CONTRACTS[0], CONTRACTS[2]
"""Of keys 0 and 1: one shard before the split, two after it."""
STUB_TWIN = CONTRACTS[1]
"""A contract of the caller's key whose code is the stub's."""
LOOKS = {
    "CALL": "32 32 0 0 0 {0} {gas} CALL",
    "CALL with value": "32 32 0 0 7 {0} {gas} CALL",
    "CALLCODE": "32 32 0 0 7 {0} {gas} CALLCODE",
    "DELEGATECALL": "32 32 0 0 {0} {gas} DELEGATECALL",
    "STATICCALL": "32 32 0 0 {0} {gas} STATICCALL",
    "EXTCODESIZE": "{0} EXTCODESIZE",
    "EXTCODEHASH": "{0} EXTCODEHASH",
    "EXTCODECOPY": "32 0 0 {0} EXTCODECOPY 0 MLOAD",
    "SELFDESTRUCT": "{0} SELFDESTRUCT 0",
}


def world(look: str, gas: int, target: Recipient) -> Shards:
    """A caller that looks twice, and returns what it saw, the gas left and the size returned."""
    program = look.format(hex(int.from_bytes(target, "big")), gas=gas)
    codes = dict.fromkeys(CONTRACTS, assemble(f"9 0 MSTORE {returning(1)}"))
    codes[HERE] = assemble(f"{program} {program} GAS RETURNDATASIZE {returning(4)}")
    codes[STUB_TWIN] = FOREIGN_STUB
    return Shards(1, entries(codes, 1), universal(b"\x00"))


def call(shards: Shards) -> Ending:
    """One call of the caller, by whom the split doesn't touch."""
    wish = Wish(RICH[0], HERE)
    ending = shards.copy().send(shards.sign(wish), wish)
    assert ending is not None
    return ending


@pytest.mark.parametrize("gas", [0, 8, 50_000])
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_look_at_who_went_to_the_sibling_shows_what_it_showed(look: str, gas: int) -> None:
    shards = world(look, gas, GONE)
    before = call(shards)
    assert before == call(world(look, gas, STUB_TWIN)) or "SELFDESTRUCT" in look
    shards.split()
    assert call(shards) == before
    with patch.object(sweeping, "SWEEP_ENTRIES_MAX", 1):
        while not shards.is_clean:
            shards.round(None)
            assert call(shards) == before
    account = shards.states[ShardId(0)].account(GONE)
    assert account is not None
    assert shards.states[ShardId(0)].code(account.code_hash) == FOREIGN_STUB
