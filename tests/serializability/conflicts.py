"""The conflict graph: who came before whom at an entry that both touched and one of them changed.

Each shard's steps are added in the order in which it really made them, which for lane 2 may be another than
that of its block: what doesn't conflict needs no order. Every edge must lead up the fingerprint order; then
that order is a serial one, and there is no cycle. `find_cycle` says so without fingerprints, from the
identity of tickets alone, so that the two can be held against each other.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Set
from typing import Final, NamedTuple, TypeVar

from quarkparsec.types import Recipient, ShardId
from tests.serializability.recording import Access
from tests.serializability.step import Place
from tests.serializability.violation import require

Node = TypeVar("Node", bound=Hashable)


class _History(NamedTuple):
    """What happened to one entry so far."""

    writer: Place | None
    readers: tuple[Place, ...]
    """Since then."""


_UNTOUCHED: Final = _History(None, ())


class ConflictGraph:
    """All conflicts of a run."""

    def __init__(self) -> None:
        self.edges: Final[dict[Place, set[Place]]] = {}
        self._entries: Final[dict[tuple[ShardId, Recipient], _History]] = {}

    def add(self, shard_id: ShardId, place: Place, access: Access) -> None:
        """The next step of a shard. Raises Violation if it came too late for its place."""
        for recipient in access.reads | access.writes:
            entry = self._entries.get((shard_id, recipient), _UNTOUCHED)
            writes = recipient in access.writes
            before = {*entry.readers, entry.writer} if writes else {entry.writer}
            self._connect(before - {None, place}, place, recipient)
            self._entries[shard_id, recipient] = (
                _History(place, ()) if writes else entry._replace(readers=(*entry.readers, place))
            )

    def _connect(self, before: Set[Place | None], place: Place, recipient: Recipient) -> None:
        for earlier in before:
            assert earlier is not None
            require(earlier < place, f"at 0x{recipient.hex()} {earlier} came before {place}")
            self.edges.setdefault(earlier, set()).add(place)


def find_cycle(edges: Mapping[Node, Set[Node]]) -> list[Node]:
    """Some cycle, or nothing: the nodes in their order."""
    done: set[Node] = set()
    for root in edges:
        path: dict[Node, None] = {}
        stack = [(root, iter(sorted(edges.get(root, ()), key=repr)))]
        while stack:
            node, successors = stack[-1]
            path.setdefault(node)
            following = next((each for each in successors if each not in done), None)
            if following is None:
                stack.pop()
                path.pop(node)
                done.add(node)
            elif following in path:
                nodes = list(path)
                return nodes[nodes.index(following) :]
            else:
                stack.append((following, iter(sorted(edges.get(following, ()), key=repr))))
    return []
