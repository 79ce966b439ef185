"""Which transaction must come before which, and why; and the cycles in that.

ww  the second appended next after the first        (a write depends on a write)
wr  the second saw what the first wrote             (a read depends on a write)
rw  the first did not see what the second wrote     (an anti-dependency)
rt  the first had ended when the second started     (real time)
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Final, NamedTuple


class Kind(StrEnum):
    """Why one comes before another."""

    WW = "ww"
    WR = "wr"
    RW = "rw"
    RT = "rt"


class Edge(NamedTuple):
    """`source` comes before `target`."""

    source: int
    target: int
    kind: Kind


class _Place(NamedTuple):
    """How far a search has come."""

    node: int
    is_barred: bool
    """Whether RW may not come next."""


class Graph:
    """Numbered nodes, edges of several kinds."""

    def __init__(self) -> None:
        self._targets: Final[dict[Kind, dict[int, set[int]]]] = {
            kind: defaultdict(set) for kind in Kind
        }

    def add(self, source: int, target: int, kind: Kind) -> None:
        """A node doesn't come before itself: that is left out."""
        if source != target:
            self._targets[kind][source].add(target)

    def edges_from(self, node: int, kinds: Collection[Kind]) -> Iterator[Edge]:
        for kind in kinds:
            for target in sorted(self._targets[kind].get(node, ())):
                yield Edge(node, target, kind)

    def nodes(self, kinds: Collection[Kind]) -> list[int]:
        """Those with an outgoing edge."""
        return sorted({node for kind in kinds for node in self._targets[kind]})

    def components(self, kinds: Collection[Kind]) -> list[set[int]]:
        """Sets of nodes that all come before one another, of more than one node (Kosaraju)."""
        backwards: dict[int, list[int]] = defaultdict(list)
        for node in self.nodes(kinds):
            for edge in self.edges_from(node, kinds):
                backwards[edge.target].append(node)
        found: list[set[int]] = []
        assigned: set[int] = set()
        for root in reversed(self._by_completion(kinds)):
            component = _reachable(root, backwards, assigned)
            assigned |= component
            if len(component) > 1:
                found.append(component)
        return found

    def cycle(
        self,
        node: int,
        first: Kind,
        others: Collection[Kind],
        within: set[int],
        *,
        apart: bool,
    ) -> list[Edge] | None:
        """A shortest way from a node to itself; the kind of its first edge is given, those of the others, too.

        `apart`: no two RW in a row, nor at its end, if the first one is RW.
        """
        queue: deque[_Place] = deque()
        came_by: dict[_Place, Edge] = {}
        origin: dict[_Place, _Place] = {}
        for edge in self.edges_from(node, (first,)):
            if edge.target in within:
                start = _Place(edge.target, apart)
                came_by[start] = edge
                queue.append(start)
        while queue:
            place = queue.popleft()
            if place.node == node and not (apart and place.is_barred):
                return _retrace(place, came_by, origin)
            for edge in self.edges_from(place.node, others):
                is_rw = edge.kind is Kind.RW
                following = _Place(edge.target, apart and is_rw)
                skipped = edge.target not in within or (place.is_barred and is_rw)
                if not skipped and following not in came_by:
                    came_by[following], origin[following] = edge, place
                    queue.append(following)
        return None

    def _by_completion(self, kinds: Collection[Kind]) -> list[int]:
        """Nodes in the order in which a depth-first search leaves them."""
        order: list[int] = []
        seen: set[int] = set()
        for root in self.nodes(kinds):
            if root in seen:
                continue
            seen.add(root)
            work = [(root, self.edges_from(root, kinds))]
            while work:
                node, edges = work[-1]
                fresh = next((edge.target for edge in edges if edge.target not in seen), None)
                if fresh is None:
                    order.append(node)
                    work.pop()
                else:
                    seen.add(fresh)
                    work.append((fresh, self.edges_from(fresh, kinds)))
        return order


def _reachable(root: int, targets: dict[int, list[int]], barred: set[int]) -> set[int]:
    if root in barred:
        return set()
    found, work = {root}, [root]
    while work:
        for node in targets.get(work.pop(), ()):
            if node not in found and node not in barred:
                found.add(node)
                work.append(node)
    return found


def _retrace(
    place: _Place, came_by: dict[_Place, Edge], origin: dict[_Place, _Place]
) -> list[Edge]:
    edges = [came_by[place]]
    while place in origin:
        place = origin[place]
        edges.append(came_by[place])
    return edges[::-1]
