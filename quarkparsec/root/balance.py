"""Which moves level the load of the slaves.

What a shard weighs is what it did lately, and a little that it is there: so busy shards are kept apart, and where
all are idle they are spread by their number. The proposal is greedy: from the slave that carries most to the one that
carries least goes the shard that brings the two closest together, as long as the greater of both becomes lighter by a
good part of a shard.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from quarkparsec.limits import SHARDS_PER_SLAVE_MAX
from quarkparsec.root.topology import Move, Topology

IDLE_WEIGHT: Final = 0.1
"""Of an average shard: what one weighs that does nothing. It has its part of the memory, and wakes rarely."""

LEAST_GAIN: Final = 0.25
"""Of an average shard's weight: a move for less isn't worth its work."""


class _Option(NamedTuple):
    heavier: float
    """What the heavier of the two slaves carries afterwards."""
    move: Move


def level(topology: Topology, loads: Sequence[int]) -> tuple[Move, ...]:
    """The moves, in their order; `loads` is what each shard did lately, in any unit."""
    weights = _weights(loads)
    moves: list[Move] = []
    while len(moves) < topology.shard_count:
        option = _best(topology, weights)
        if option is None:
            break
        moves.append(option.move)
        topology = topology.moved(option.move)
    return tuple(moves)


def carried(topology: Topology, loads: Sequence[int]) -> dict[str, int]:
    """What the shards of each slave did lately."""
    return {
        slave.name: sum(loads[shard_id] for shard_id in topology.shards_of(slave.name))
        for slave in topology.slaves
    }


def _weights(loads: Sequence[int]) -> list[float]:
    """Of an average shard: 1."""
    average = sum(loads) / len(loads)
    busy = 1 - IDLE_WEIGHT
    return [IDLE_WEIGHT + busy * (load / average if average else 1.0) for load in loads]


def _best(topology: Topology, weights: Sequence[float]) -> _Option | None:
    sums = {
        slave.name: sum(weights[shard_id] for shard_id in topology.shards_of(slave.name))
        for slave in topology.slaves
    }
    most, least = max(sums, key=lambda name: sums[name]), min(sums, key=lambda name: sums[name])
    if len(topology.shards_of(least)) == SHARDS_PER_SLAVE_MAX:
        return None
    options = [
        _Option(max(sums[most] - weights[each], sums[least] + weights[each]), Move(each, least))
        for each in topology.shards_of(most)
    ]
    best = min(options, default=None)
    if most == least or best is None or best.heavier > sums[most] - LEAST_GAIN:
        return None
    return best
