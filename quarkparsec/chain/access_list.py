"""Access lists: what a transaction says beforehand that it will touch (EIP-2930)."""

from __future__ import annotations

from collections.abc import Iterable

from quarkparsec.codec import rlp
from quarkparsec.errors import InvalidInput
from quarkparsec.types import RECIPIENT_BYTES, Recipient, Slot

AccessList = tuple[tuple[Recipient, tuple[Slot, ...]], ...]
"""Recipients, each with storage slots. Repetitions are allowed, and paid for."""


def decode_access_list(item: rlp.Item) -> AccessList:
    """The access list of a transaction. Raises InvalidInput."""
    if not isinstance(item, list):
        raise InvalidInput("rlp: expected an access list")
    return tuple([_decode_entry(member) for member in item])


def _decode_entry(item: rlp.Item) -> tuple[Recipient, tuple[Slot, ...]]:
    if not isinstance(item, list) or len(item) != 2:
        raise InvalidInput("rlp: an access list entry has two fields")
    recipient, slots = item
    if not isinstance(recipient, bytes) or len(recipient) != RECIPIENT_BYTES:
        raise InvalidInput("rlp: an access list entry names a 20-byte recipient")
    if not isinstance(slots, list):
        raise InvalidInput("rlp: an access list entry holds a list of slots")
    return Recipient(recipient), tuple([_decode_slot(slot) for slot in slots])


def _decode_slot(item: rlp.Item) -> Slot:
    if not isinstance(item, bytes) or len(item) != 32:
        raise InvalidInput("rlp: a storage slot has 32 bytes")
    return Slot(item)


def warm_keys(recipient: Recipient, slots: Iterable[Slot]) -> list[bytes]:
    """What an entry makes warm in a journal: the recipient and each of its slots (EIP-2930)."""
    return [recipient, *(recipient + slot for slot in slots)]
