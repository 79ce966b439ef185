"""Which logs of a shard's blocks somebody wants (eth_getLogs, for one shard).

The search walks the BLOOM rows of the range: only blocks with logs have one, and only those whose filter
matches are decoded. It ends with an error instead of an answer that would be too large.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from quarkparsec.chain.log import Log
from quarkparsec.chain.log_filter import LogFilter
from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import TooManyResults
from quarkparsec.limits import LOG_RESULTS_MAX
from quarkparsec.shard import block_rows as rows
from quarkparsec.shard.block_rows import StoredTransaction, TransactionPlace
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.store import Reader
from quarkparsec.types import Epoch, Hash32


class FoundLog(NamedTuple):
    """A log and where it is."""

    log: Log
    place: TransactionPlace
    transaction_hash: Hash32
    position: int
    """Among the logs of its shard's block."""


def find_logs(reader: Reader, first: Epoch, last: Epoch, wanted: LogFilter) -> list[FoundLog]:
    """The logs of blocks `first` to `last` that match, in order. Raises TooManyResults."""
    store = BlockStore(reader)
    found: list[FoundLog] = []
    start, stop = rows.epoch_key(rows.BLOOM, first), rows.epoch_key(rows.BLOOM, last + 1)
    for key, bloom in reader.scan(start, stop):
        if wanted.may_match(bloom):
            found.extend(_search_block(store, rows.epoch_of(key, rows.BLOOM), wanted))
        if len(found) > LOG_RESULTS_MAX:
            raise TooManyResults(f"query returned more than {LOG_RESULTS_MAX} results")
    return found


def _search_block(store: BlockStore, epoch: Epoch, wanted: LogFilter) -> Iterator[FoundLog]:
    for position, transaction in enumerate(store.transactions(epoch)):
        yield from _search_transaction(transaction, TransactionPlace(epoch, position), wanted)


def _search_transaction(
    transaction: StoredTransaction, place: TransactionPlace, wanted: LogFilter
) -> Iterator[FoundLog]:
    transaction_hash = keccak(transaction.entry.raw)
    for offset, log in enumerate(transaction.receipt.logs):
        if wanted.matches(log):
            yield FoundLog(log, place, transaction_hash, transaction.logs_before + offset)
