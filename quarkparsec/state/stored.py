"""What a shard's database says, decoded; where it makes no sense, it is corrupt."""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.codec import rlp
from quarkparsec.errors import Corrupt, InvalidInput
from quarkparsec.state.account import Account
from quarkparsec.state.place import Place
from quarkparsec.state.tables import (
    EPOCH_BYTES,
    GENESIS_KEY,
    HEAD_KEY,
    OLDEST_KEY,
    PLACE_KEY,
    SCHEMA_KEY,
    SCHEMA_VERSION,
    SWEEP_KEY,
    code_key,
    decode_epoch,
    encode_epoch,
)
from quarkparsec.store import Reader
from quarkparsec.types import RECIPIENT_BYTES, Epoch, Hash32


class Head(NamedTuple):
    """The last committed epoch of a shard, and its state root."""

    epoch: Epoch
    root: Hash32

    def encode(self) -> bytes:
        """What lies under HEAD_KEY."""
        return encode_epoch(self.epoch) + self.root


def check_marks(reader: Reader, genesis_hash: Hash32) -> None:
    """Raises Corrupt for the database of another chain or of a release with another layout."""
    schema = reader.get(SCHEMA_KEY)
    if schema != SCHEMA_VERSION:
        raise Corrupt(f"the database has schema {schema!r}, not {SCHEMA_VERSION!r}")
    if reader.get(GENESIS_KEY) != genesis_hash:
        raise Corrupt("the database belongs to a chain with another genesis")


def read_place(reader: Reader) -> Place:
    """Whose database it is. Raises Corrupt."""
    return Place.decode(reader.get(PLACE_KEY) or b"")


def read_sweep(reader: Reader) -> bytes:
    """From which recipient on entries may be unswept; b"" if none are. Raises Corrupt."""
    cursor = reader.get(SWEEP_KEY)
    if cursor is None or len(cursor) not in (0, RECIPIENT_BYTES):
        raise Corrupt("the database doesn't say how far it is swept")
    return cursor


def read_head(reader: Reader) -> Head:
    """Where the database stands. Raises Corrupt."""
    encoded = reader.get(HEAD_KEY)
    if encoded is None or len(encoded) != EPOCH_BYTES + 32:
        raise Corrupt("the database doesn't say where its head is")
    return Head(decode_epoch(encoded[:EPOCH_BYTES]), Hash32(encoded[EPOCH_BYTES:]))


def read_oldest(reader: Reader) -> Epoch:
    """The oldest epoch whose state can be read. Raises Corrupt."""
    encoded = reader.get(OLDEST_KEY)
    if encoded is None or len(encoded) != EPOCH_BYTES:
        raise Corrupt("the database doesn't say how far back it goes")
    return decode_epoch(encoded)


def read_code(reader: Reader, code_hash: Hash32) -> bytes:
    """The code with a hash. Raises Corrupt if it isn't there."""
    code = reader.get(code_key(code_hash))
    if code is None:
        raise Corrupt(f"there is no code {code_hash.hex()}")
    return code


def decode_account(encoded: bytes) -> Account:
    """An account from its table or from the trie. Raises Corrupt if it is malformed."""
    try:
        return Account.decode(encoded)
    except InvalidInput as error:
        raise Corrupt(f"a stored account is malformed: {error}") from error


def decode_word(encoded: bytes | None) -> int:
    """A storage word from its table; 0 if there is none."""
    return int.from_bytes(encoded, "big") if encoded else 0


def decode_flat_keys(encoded: bytes) -> list[bytes]:
    """The flat keys that an epoch changed. Raises Corrupt if the list is malformed."""
    try:
        members = rlp.decode_list(encoded)
    except InvalidInput as error:
        raise Corrupt(f"a list of changed keys is malformed: {error}") from error
    keys = [member for member in members if isinstance(member, bytes)]
    if len(keys) != len(members):
        raise Corrupt("a list of changed keys holds a list")
    return keys
