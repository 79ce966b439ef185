"""Which logs of a shard's blocks somebody wants (eth_getLogs, for one shard).

The search walks the BLOOM rows of the range: only blocks with logs have one, and only those whose filter
matches are decoded. It ends with an error instead of an answer that would be too large.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from quarkparsec.chain.bloom import may_contain
from quarkparsec.chain.log import Log
from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import Rejected
from quarkparsec.limits import LOG_RESULTS_MAX
from quarkparsec.shard import block_rows as rows
from quarkparsec.shard.block_rows import StoredTransaction, TransactionPlace
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.store import Reader
from quarkparsec.types import Epoch, Hash32, Recipient


class LogQuery(NamedTuple):
    """Which logs are wanted; an empty set stands for "any"."""

    recipients: frozenset[Recipient]
    topics: tuple[frozenset[Hash32], ...]
    """By position; a log with fewer topics doesn't match."""

    def may_match(self, bloom: bytes) -> bool:
        """False if no log of a block with this filter can match."""
        wanted: tuple[frozenset[Recipient] | frozenset[Hash32], ...]
        wanted = (self.recipients, *self.topics)
        return all(
            any(may_contain(bloom, choice) for choice in choices) for choices in wanted if choices
        )

    def matches(self, log: Log) -> bool:
        """Whether `log` is wanted."""
        if self.recipients and log.recipient not in self.recipients:
            return False
        return len(self.topics) <= len(log.topics) and all(
            not choices or topic in choices
            for choices, topic in zip(self.topics, log.topics, strict=False)
        )


class FoundLog(NamedTuple):
    """A log and where it is."""

    log: Log
    place: TransactionPlace
    transaction_hash: Hash32
    position: int
    """Among the logs of its shard's block."""


def find_logs(reader: Reader, first: Epoch, last: Epoch, query: LogQuery) -> list[FoundLog]:
    """The logs of blocks `first` to `last` that match, in order. Raises Rejected for too many."""
    store = BlockStore(reader)
    found: list[FoundLog] = []
    start, stop = rows.epoch_key(rows.BLOOM, first), rows.epoch_key(rows.BLOOM, last + 1)
    for key, bloom in reader.scan(start, stop):
        if query.may_match(bloom):
            found.extend(_search_block(store, rows.epoch_of(key, rows.BLOOM), query))
        if len(found) > LOG_RESULTS_MAX:
            raise Rejected(f"query returned more than {LOG_RESULTS_MAX} results")
    return found


def _search_block(store: BlockStore, epoch: Epoch, query: LogQuery) -> Iterator[FoundLog]:
    for position, transaction in enumerate(store.transactions(epoch)):
        yield from _search_transaction(transaction, TransactionPlace(epoch, position), query)


def _search_transaction(
    transaction: StoredTransaction, place: TransactionPlace, query: LogQuery
) -> Iterator[FoundLog]:
    transaction_hash = keccak(transaction.entry.raw)
    for offset, log in enumerate(transaction.receipt.logs):
        if query.matches(log):
            yield FoundLog(log, place, transaction_hash, transaction.logs_before + offset)
