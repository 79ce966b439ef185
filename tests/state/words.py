"""Short ways to say what tests of the state say often."""

from __future__ import annotations

from quarkparsec.crypto.keccak import EMPTY_HASH, EMPTY_TRIE_ROOT
from quarkparsec.state.account import DELEGATION_PREFIX, Account
from quarkparsec.state.place import Place
from quarkparsec.types import Hash32, Nonce, Recipient, ShardId, ShardKey, Slot, Wei

SHARD_ID = ShardId(1)
SHARD_COUNT = 4
GENESIS_HASH = Hash32(b"genesis".rjust(32))

FRAME_KEY = ShardKey(0x1001)
"""A key of shard 1."""
PLACE = Place(SHARD_ID, SHARD_COUNT)

OTHER_KEY = ShardKey(0x2005)
"""Another key of shard 1."""

CODES = [b"\x60\x00", b"\x60\x01\x60\x02", DELEGATION_PREFIX + bytes(20)]
"""Two contracts and a delegation."""


def at_home(number: int) -> Recipient:
    """A recipient whose home is shard 1."""
    return Recipient(number.to_bytes(16, "big") + (4 * number + SHARD_ID).to_bytes(4, "big"))


def away(number: int) -> Recipient:
    """A recipient whose home is shard 2."""
    return Recipient(number.to_bytes(16, "big") + (4 * number + 2).to_bytes(4, "big"))


def slot(number: int) -> Slot:
    return Slot(number.to_bytes(32, "big"))


def new_account(shard_key: ShardKey, balance: Wei = Wei(0)) -> Account:
    """An entry that has only a balance."""
    return Account(Nonce(0), balance, EMPTY_TRIE_ROOT, EMPTY_HASH, shard_key)
