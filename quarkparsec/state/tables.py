"""The layout of a shard's database: every key that is ever written, in one place.

    table  rest of the key              value
    m      name                         meta: schema version, genesis hash, place, head, oldest epoch, sweep
    a      recipient                    account, RLP
    s      recipient ‖ slot             storage word, big endian without leading zeros, never 0
    c      code hash                    code
    t      path                         node of the account trie
    u      recipient ‖ path             node of an account's storage trie
    d      a… or s… ‖ epoch             what that flat key held before the epoch changed it
    e      epoch                        the flat keys that the epoch changed
    g      what                         what is no longer needed and still has to be deleted: see below
    h b x l r p:…                       blocks, transactions, logs: quarkparsec.shard.block_rows

Flat tables (a, s) serve reads, tries serve roots and proofs; both say the same. Epochs are 8 bytes, big
endian, so that the order of keys is the order of time. A path is one byte a nibble. The keys of a flat
table have one length, so the diffs of one key never lie among those of another.

Everything but code is overwritten in place. Code is kept under its hash: accounts may share it.

*Garbage* is what a split leaves: rows that belong to the other half, which nothing reads any more. They are
deleted a bounded piece at a time (quarkparsec.shard.garbage); until then they are listed:

    g s    recipient                    storage words and nodes of an entry that has none here, from this key on
    g c    code hash                    code that an entry had which is a stub here; others may still have it
    g m                                 how far the entries have been asked for those codes
    g b                                 blocks from before a shard was split off, from this key on: its
                                        sibling shows them
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from quarkparsec.types import Epoch, Hash32, Recipient, Slot

SCHEMA_KEY: Final = b"m:schema"
GENESIS_KEY: Final = b"m:genesis"
HEAD_KEY: Final = b"m:head"
"""epoch (8 bytes) ‖ state root."""
OLDEST_KEY: Final = b"m:oldest"
"""The oldest epoch whose state can still be read, 8 bytes."""

PLACE_KEY: Final = b"m:shard"
"""Whose database it is."""
SWEEP_KEY: Final = b"m:sweep"
"""The recipient from which foreign entries may still be as they were before the last split; b"" for none."""

SCHEMA_VERSION: Final = b"2"

ACCOUNT: Final = b"a"
STORAGE: Final = b"s"
CODE: Final = b"c"
ACCOUNT_NODE: Final = b"t"
STORAGE_NODE: Final = b"u"
DIFF: Final = b"d"
CHANGED: Final = b"e"
GARBAGE: Final = b"g"
GARBAGE_STORAGE: Final = GARBAGE + b"s"
GARBAGE_CODE: Final = GARBAGE + b"c"
GARBAGE_MARKED_KEY: Final = GARBAGE + b"m"
GARBAGE_BLOCKS_KEY: Final = GARBAGE + b"b"

EPOCH_BYTES: Final = 8


def account_key(recipient: Recipient) -> bytes:
    return ACCOUNT + recipient


def storage_key(recipient: Recipient, slot: Slot) -> bytes:
    return STORAGE + recipient + slot


def storage_prefix(recipient: Recipient) -> bytes:
    """What the keys of all slots of an account start with."""
    return STORAGE + recipient


def code_key(code_hash: Hash32) -> bytes:
    return CODE + code_hash


def storage_node_prefix(recipient: Recipient) -> bytes:
    """What the keys of all nodes of an account's storage trie start with."""
    return STORAGE_NODE + recipient


def diff_keys(flat_keys: Iterable[bytes], epoch: Epoch) -> list[bytes]:
    """Where an epoch notes what each of these keys held before."""
    suffix = encode_epoch(epoch)
    return [DIFF + flat_key + suffix for flat_key in flat_keys]


def diff_range(flat_key: bytes, epoch: Epoch) -> tuple[bytes, bytes]:
    """Start and stop of the diffs of one key, from an epoch on."""
    prefix = DIFF + flat_key
    return prefix + encode_epoch(epoch), prefix + b"\xff" * (EPOCH_BYTES + 1)


def changed_key(epoch: Epoch) -> bytes:
    return CHANGED + encode_epoch(epoch)


def encode_epoch(epoch: int) -> bytes:
    return epoch.to_bytes(EPOCH_BYTES, "big")


def decode_epoch(encoded: bytes) -> Epoch:
    return Epoch(int.from_bytes(encoded, "big"))
