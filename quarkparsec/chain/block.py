"""Blocks: what a shard did in an epoch, and the root block that joins the shards.

A *shard block* is a header and its body: the transactions in the order of their execution, each with the
sender that its signature proves and the shard key of its destination; the legs that join it to other
shards' blocks of the epoch; the fees that the coinbase was credited; and how far entries are swept after a split. A
replica can run it again without recovering keys or asking anybody.

A *root block* holds one summary per shard, in shard order. A shard takes part in an epoch when it is there
and has work; the others are carried over: their last header stands in the root block unchanged, and their
summary says that nothing happened. A shard's block numbers therefore may skip.

What a root header commits to is decided in `commitments`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from quarkparsec.chain.header import Header
from quarkparsec.chain.legs import Legs
from quarkparsec.chain.serial_order import SerialOrder, serial_order
from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import InvalidInput
from quarkparsec.state.sweeping import FIRST
from quarkparsec.types import (
    RECIPIENT_BYTES,
    Address,
    Epoch,
    Hash32,
    Recipient,
    ShardId,
    ShardKey,
    Wei,
    is_shard_count,
)

SWEPT: Final = b""
"""No entry is left to sweep."""

SWEEP_BEGINS: Final[bytes] = FIRST
"""A shard was split: all entries may have to be swept."""


class Entry(NamedTuple):
    """One transaction in a shard block's body."""

    raw: bytes
    """The signed transaction."""
    sender: Recipient
    to_key: ShardKey
    """The shard key of all its frames."""

    def encode(self) -> bytes:
        """rlp([raw, sender, to key])."""
        return rlp.wrap_list(
            rlp.encode_bytes(self.raw) + b"\x94" + self.sender + rlp.encode_scalar(self.to_key)
        )

    @classmethod
    def from_item(cls, item: rlp.Item) -> Entry:
        """Read a decoded entry. Raises InvalidInput."""
        raw, sender, to_key = _list(item, 3)
        return cls(
            _bytes(raw),
            Recipient(_bytes(sender, RECIPIENT_BYTES)),
            ShardKey(rlp.scalar(to_key, bits=32)),
        )


@dataclass(frozen=True)
class ShardBlock:
    """What one shard did in one epoch."""

    header: Header
    entries: tuple[Entry, ...]
    """Those of lane 1, then of lane 2, then of lane 3; the legs say how many are of which."""
    legs: Legs
    fees: Wei
    """What lane 4 credited to the coinbase; 0 but in its home shard."""
    sweep: bytes = SWEPT
    """How far lane 0 came: the recipient from which entries may still be unswept, or SWEPT."""

    @property
    def hash(self) -> Hash32:
        return self.header.hash

    @property
    def number(self) -> Epoch:
        return self.header.number

    @property
    def in_shard_count(self) -> int:
        """How many of the entries, the first ones, are of lane 1; below 0 if the legs tell of too many."""
        return len(self.entries) - self.legs.call_count - self.legs.transfer_count

    @property
    def serial_order(self) -> SerialOrder:
        """The order of its transactions."""
        return serial_order(self.number, len(self.entries), self.legs)

    @property
    def called(self) -> tuple[Entry, ...]:
        """The entries of lane 2, one for each call among the legs."""
        return self.entries[self.in_shard_count : len(self.entries) - self.legs.transfer_count]

    @property
    def transfers(self) -> tuple[Entry, ...]:
        """The entries of lane 3."""
        return self.entries[len(self.entries) - self.legs.transfer_count :]

    def encode(self) -> bytes:
        """rlp([header, [entry …], legs, fees, sweep])."""
        return rlp.wrap_list(
            self.header.encode()
            + rlp.encode_sequence([entry.encode() for entry in self.entries])
            + self.legs.encode()
            + rlp.encode_scalar(self.fees)
            + rlp.encode_bytes(self.sweep)
        )

    @classmethod
    def decode(cls, encoded: bytes) -> ShardBlock:
        """Read what `encode` wrote. Raises InvalidInput for anything else."""
        header, entry_items, leg_items, fees, sweep = _list(rlp.decode_list(encoded), 5)
        block = cls(
            Header.from_item(header),
            tuple(map(Entry.from_item, _list(entry_items))),
            Legs.from_item(leg_items),
            Wei(rlp.scalar(fees)),
            decode_sweep(sweep),
        )
        if block.in_shard_count < 0:
            raise InvalidInput("a block has more calls and transfers than transactions")
        return block


class ShardSummary(NamedTuple):
    """What the root block holds of one shard."""

    shard_id: ShardId
    header: bytes
    """The encoded header of the shard's last block."""
    transaction_count: int
    log_count: int
    tips: Wei
    """What the senders paid above the base fee."""
    burned: Wei
    """Base fees, and balances that self-destruction deleted."""
    created: tuple[Address, ...]
    """Contracts deployed in this epoch, in order."""
    sweep: bytes = SWEPT
    """The recipient from which entries may still be unswept after a split; SWEPT if none are."""

    @property
    def block_hash(self) -> Hash32:
        return keccak(self.header)

    def shard_header(self) -> Header:
        """The header, decoded. Raises InvalidInput if it is none."""
        return Header.decode(self.header)

    def carried_over(self) -> ShardSummary:
        """The summary of the next epoch if the shard sits it out."""
        return ShardSummary(self.shard_id, self.header, 0, 0, Wei(0), Wei(0), (), self.sweep)

    def encode(self) -> bytes:
        """rlp([shard id, header, transactions, logs, tips, burned, [created …], sweep])."""
        return rlp.wrap_list(
            rlp.encode_scalar(self.shard_id)
            + rlp.encode_bytes(self.header)
            + rlp.encode_scalar(self.transaction_count)
            + rlp.encode_scalar(self.log_count)
            + rlp.encode_scalar(self.tips)
            + rlp.encode_scalar(self.burned)
            + rlp.encode_sequence([b"\x98" + address.encode() for address in self.created])
            + rlp.encode_bytes(self.sweep)
        )

    @classmethod
    def from_item(cls, item: rlp.Item) -> ShardSummary:
        """Read a decoded summary. Raises InvalidInput."""
        shard_id, header, transaction_count, log_count, tips, burned, created, sweep = _list(
            item, 8
        )
        return cls(
            ShardId(rlp.scalar(shard_id, bits=32)),
            _bytes(header),
            rlp.scalar(transaction_count, bits=32),
            rlp.scalar(log_count, bits=32),
            Wei(rlp.scalar(tips)),
            Wei(rlp.scalar(burned)),
            tuple([Address.decode(_bytes(address)) for address in _list(created)]),
            decode_sweep(sweep),
        )


@dataclass(frozen=True)
class RootBlock:
    """The commit of one epoch: one summary per shard, in shard order."""

    header: Header
    summaries: tuple[ShardSummary, ...]
    participants: tuple[ShardId, ...]
    """The shards that made a block in this epoch, ascending."""
    shard_count: int
    """From the next epoch on: a block that splits the shards has the summaries of all that there are then."""
    fees_pending: Wei
    """Tips that no shard could take yet."""
    supply: Wei
    """All balances and the pending fees."""

    @property
    def hash(self) -> Hash32:
        return self.header.hash

    @property
    def number(self) -> Epoch:
        return self.header.number

    def encode(self) -> bytes:
        """rlp([header, shard count, fees pending, supply, [participant …], [summary …]])."""
        participants = [rlp.encode_scalar(shard_id) for shard_id in self.participants]
        return rlp.wrap_list(
            self.header.encode()
            + rlp.encode_scalar(self.shard_count)
            + rlp.encode_scalar(self.fees_pending)
            + rlp.encode_scalar(self.supply)
            + rlp.encode_sequence(participants)
            + rlp.encode_sequence([summary.encode() for summary in self.summaries])
        )

    @classmethod
    def decode(cls, encoded: bytes) -> RootBlock:
        """Read what `encode` wrote. Raises InvalidInput for anything else."""
        fields = _list(rlp.decode_list(encoded), 6)
        header, shard_count, fees_pending, supply, participants, summaries = fields
        block = cls(
            Header.from_item(header),
            tuple(map(ShardSummary.from_item, _list(summaries))),
            tuple([ShardId(rlp.scalar(each, bits=32)) for each in _list(participants)]),
            rlp.scalar(shard_count, bits=40),
            Wei(rlp.scalar(fees_pending)),
            Wei(rlp.scalar(supply)),
        )
        _check_shards(block)
        return block


def _check_shards(block: RootBlock) -> None:
    """One summary per shard in shard order, and participants among them, ascending."""
    count = block.shard_count
    if not is_shard_count(count) or len(block.summaries) != count:
        raise InvalidInput("a root block has one summary per shard")
    if any(summary.shard_id != index for index, summary in enumerate(block.summaries)):
        raise InvalidInput("summaries stand in shard order")
    participants = block.participants
    ascending = sorted(set(participants)) == list(participants)
    if not ascending or any(shard_id >= count for shard_id in participants):
        raise InvalidInput("participants are shards, in ascending order")


def _list(item: rlp.Item, size: int | None = None) -> list[rlp.Item]:
    if not isinstance(item, list) or size not in (None, len(item)):
        raise InvalidInput("a block's list has a wrong shape")
    return item


def decode_sweep(item: rlp.Item) -> bytes:
    """A sweep's cursor. Raises InvalidInput."""
    cursor = _bytes(item)
    if len(cursor) not in (len(SWEPT), RECIPIENT_BYTES):
        raise InvalidInput("a sweep goes on from a recipient")
    return cursor


def _bytes(item: rlp.Item, size: int | None = None) -> bytes:
    if not isinstance(item, bytes) or size not in (None, len(item)):
        raise InvalidInput("a block's field has a wrong shape")
    return item
