"""After a split, foreign entries are brought into the form in which they are seen: a bounded piece a block.

The order is that of recipients, in which the flat table lies. The trie's order would touch fewer nodes, but
its paths are hashes, and which recipient a hash is of stands nowhere.

A piece depends on the committed state and the cursor alone, so whoever replays the block takes the same one.
An entry that the block changes itself ends up as the block leaves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from quarkparsec.limits import SWEEP_ENTRIES_MAX, SWEEP_SCANNED_MAX
from quarkparsec.state.account import Account
from quarkparsec.state.foreign import seen_in
from quarkparsec.state.place import Place
from quarkparsec.state.stored import decode_account
from quarkparsec.state.tables import ACCOUNT, account_key, code_key
from quarkparsec.store import Reader, prefix_stop
from quarkparsec.types import RECIPIENT_BYTES, Recipient

FIRST: Final = Recipient(bytes(RECIPIENT_BYTES))
"""Where a sweep begins."""


class Rewrite(NamedTuple):
    """One entry that isn't stored as it is seen."""

    stored: Account
    seen: Account | None


class Piece(NamedTuple):
    """What one block sweeps."""

    cursor: bytes
    """Where the next piece begins; b"" if there is none."""
    rewrites: Mapping[Recipient, Rewrite]


def no_piece(cursor: bytes) -> Piece:
    """Nothing, and the cursor stays where it is."""
    return Piece(cursor, {})


def next_piece(reader: Reader, place: Place, cursor: bytes) -> Piece:
    """The piece from `cursor` on."""
    if not cursor:
        return no_piece(cursor)
    rewrites: dict[Recipient, Rewrite] = {}
    scanned_max, rewrites_max = map(place.share_of, (SWEEP_SCANNED_MAX, SWEEP_ENTRIES_MAX))
    rows = reader.scan(account_key(Recipient(cursor)), prefix_stop(ACCOUNT))
    for scanned, (key, encoded) in enumerate(rows):
        recipient = Recipient(key[len(ACCOUNT) :])
        if scanned == scanned_max or len(rewrites) == rewrites_max:
            return Piece(recipient, rewrites)
        stored = decode_account(encoded)
        seen = seen_in(place, recipient, stored, lambda code_hash: reader.get(code_key(code_hash)))
        if seen != stored:
            rewrites[recipient] = Rewrite(stored, seen)
    return Piece(b"", rewrites)
