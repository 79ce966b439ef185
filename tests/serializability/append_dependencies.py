"""From a history to its graph: who wrote what each reader saw, and did not see.

The order of a list's values is the longest one that anybody read; all others must be its beginnings. An append
that nobody read comes after all that were. A transaction whose outcome is unknown took place if anything of it
was read, and counts for nothing otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from tests.serializability.append_graph import Graph, Kind
from tests.serializability.append_history import (
    Add,
    Anomaly,
    Append,
    History,
    Outcome,
    ReadList,
    ReadSet,
)

Version = tuple[str, int]
"""A key and a value that was written to it."""


class Dependencies:
    """What can be inferred from one history; nodes are indexes into it."""

    def __init__(self, history: History) -> None:
        self.graph: Final = Graph()
        self.anomalies: Final[list[Anomaly]] = []
        self._history: Final = history
        self._writers: Final[dict[Version, int]] = {
            (operation.key, operation.value): index
            for index, transaction in enumerate(history)
            for operation in transaction.operations
            if isinstance(operation, Append | Add)
        }
        self._orders: Final[dict[str, tuple[int, ...]]] = {}
        """Of each list: the longest one that was read."""
        self._unread: Final[dict[str, set[int]]] = defaultdict(set)
        """Of each key: who certainly wrote to it, and nobody read that."""
        self._written: Final[dict[str, set[int]]] = defaultdict(set)
        """Of each key: the values that are certainly there in the end."""
        self._collect_reads()
        self._collect_writes()
        self._order_appends()
        self._order_reads()
        self._order_by_time()

    # --- what there is

    def _collect_reads(self) -> None:
        for index, read in self._reads():
            for value in read.values:
                self._check_value(index, read.key, value)
            if isinstance(read, ReadList):
                self._check_order(index, read)
            self._check_own(index, read)

    def _collect_writes(self) -> None:
        read = {(each.key, value) for _, each in self._reads() for value in each.values}
        took_place = {self._writers[version] for version in read if version in self._writers}
        for (key, value), writer in self._writers.items():
            if writer in took_place or self._history[writer].outcome is Outcome.COMMITTED:
                self._written[key].add(value)
                if (key, value) not in read:
                    self._unread[key].add(writer)

    def _check_value(self, index: int, key: str, value: int) -> None:
        writer = self._writers.get((key, value))
        if writer is None:
            self._blame("garbage read", index, f"{value} in {key} was never written")
        elif self._history[writer].outcome is Outcome.FAILED:
            self._blame("G1a", index, f"{value} in {key} is of {self._name(writer)}, which failed")

    def _check_order(self, index: int, read: ReadList) -> None:
        if len(set(read.values)) != len(read.values):
            self._blame("duplicate append", index, f"{read.key} is {read.values}")
        known = self._orders.get(read.key, ())
        shorter, longer = sorted((known, read.values), key=len)
        if longer[: len(shorter)] != shorter:
            self._blame("incompatible order", index, f"{read.key} is {read.values}, and {known}")
        self._orders[read.key] = longer

    def _check_own(self, index: int, read: ReadList | ReadSet) -> None:
        """Whether a transaction saw just those of its own writes that were before its read."""
        operations = self._history[index].operations
        place = next(at for at, each in enumerate(operations) if each is read)
        for at, own in enumerate(operations):
            if not isinstance(own, Append | Add) or own.key != read.key:
                continue
            if (own.value in read.values) is not (at < place):
                self._blame("internal", index, f"{own} and {read}")

    # --- who comes before whom

    def _order_appends(self) -> None:
        for key, values in self._orders.items():
            versions = [(key, value) for value in values]
            writers = [self._writers[each] for each in versions if each in self._writers]
            for earlier, later in pairwise(writers):
                self.graph.add(earlier, later, Kind.WW)
            for later in self._unread[key] if writers else ():
                self.graph.add(writers[-1], later, Kind.WW)

    def _order_reads(self) -> None:
        for index, read in self._reads():
            if isinstance(read, ReadList):
                self._order_read_of_list(index, read)
            else:
                self._order_read_of_set(index, read)

    def _order_read_of_list(self, index: int, read: ReadList) -> None:
        key, count, order = read.key, len(read.values), self._orders[read.key]
        if read.values:
            self._add(key, read.values[-1], index, Kind.WR)
        if count < len(order):
            self._add(key, order[count], index, Kind.RW)
            return
        for writer in self._unread[key]:
            self.graph.add(index, writer, Kind.RW)

    def _order_read_of_set(self, index: int, read: ReadSet) -> None:
        for value in read.values:
            self._add(read.key, value, index, Kind.WR)
        for value in self._written[read.key] - read.values:
            self._add(read.key, value, index, Kind.RW)

    def _add(self, key: str, value: int, reader: int, kind: Kind) -> None:
        writer = self._writers.get((key, value))
        if writer is None:
            return  # it was blamed already
        ends = (writer, reader) if kind is Kind.WR else (reader, writer)
        self.graph.add(*ends, kind)

    def _order_by_time(self) -> None:
        """Edges from all that had ended to each that starts, but for those that follow from others."""
        moments = sorted(
            moment
            for index, transaction in enumerate(self._history)
            if transaction.outcome is not Outcome.FAILED
            for moment in ((transaction.start, False, index), (transaction.end, True, index))
        )
        latest: set[int] = set()  # ended, and nobody who started since has ended
        before: dict[int, set[int]] = {}
        for _, has_ended, index in moments:
            if has_ended:
                latest = (latest - before[index]) | {index}
                continue
            before[index] = set(latest)
            for earlier in latest:
                self.graph.add(earlier, index, Kind.RT)

    # --- within

    def _reads(self) -> Iterator[tuple[int, ReadList | ReadSet]]:
        for index, transaction in enumerate(self._history):
            if transaction.outcome is not Outcome.COMMITTED:
                continue
            for operation in transaction.operations:
                if isinstance(operation, ReadList | ReadSet):
                    yield index, operation

    def _name(self, index: int) -> str:
        return self._history[index].name

    def _blame(self, kind: str, index: int, words: str) -> None:
        self.anomalies.append(Anomaly(kind, f"{self._name(index)}: {words}"))
