"""Judges a history: strictly serializable, or what is wrong with it, and how badly.

A cycle is named by the least that it needs (Adya, "Weak Consistency", 1999; the names are Elle's), so the
worst comes first. With real time in it, it is called so: the history may be serializable, but not strictly.

    G0             appends in a circle
    G1c            and reads: two saw each other's writes
    G-single       one did not see what was before it: a lost update, read skew, a stale read
    G-nonadjacent  several did not, never two in a row: a long fork
    G2             any: write skew
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from tests.serializability.append_dependencies import Dependencies
from tests.serializability.append_graph import Edge, Graph, Kind
from tests.serializability.append_history import Anomaly, History


class _Shape(NamedTuple):
    """Cycles that begin with an edge of one kind and go on with others."""

    name: str
    first: Kind
    others: tuple[Kind, ...]
    apart: bool = False


_DATA: Final = (Kind.WW, Kind.WR)
_SHAPES: Final = (
    _Shape("G0", Kind.WW, (Kind.WW,)),
    _Shape("G1c", Kind.WR, _DATA),
    _Shape("G-single", Kind.RW, _DATA),
    _Shape("G-nonadjacent", Kind.RW, (*_DATA, Kind.RW), apart=True),
    _Shape("G2", Kind.RW, (*_DATA, Kind.RW)),
)
SHAPES: Final = (
    *_SHAPES,
    *(
        shape._replace(name=f"{shape.name}-realtime", others=(*shape.others, Kind.RT))
        for shape in _SHAPES
    ),
)


def check(history: History) -> list[Anomaly]:
    """Everything that no serial order explains which agrees with real time; one for each knot."""
    dependencies = Dependencies(history)
    anomalies = list(dependencies.anomalies)
    for component in dependencies.graph.components(tuple(Kind)):
        name, cycle = _worst_cycle(dependencies.graph, component)
        steps = [f"{history[edge.source].name} -{edge.kind}->" for edge in cycle]
        anomalies.append(Anomaly(name, " ".join([*steps, history[cycle[0].source].name])))
    return anomalies


def _worst_cycle(graph: Graph, component: set[int]) -> tuple[str, list[Edge]]:
    return next(
        (shape.name, cycle) for shape in SHAPES for cycle in _cycles(graph, component, shape)
    )


def _cycles(graph: Graph, component: set[int], shape: _Shape) -> Iterator[list[Edge]]:
    for part in graph.components((shape.first, *shape.others)):
        if not part <= component:
            continue
        for node in sorted(part):
            cycle = graph.cycle(node, shape.first, shape.others, part, apart=shape.apart)
            if cycle is not None:
                yield cycle
