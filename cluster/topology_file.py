"""The topology that a slave has heard of last, on its own disk.

A slave opens what the topology gives it. Kept here, it is known again before the master is back: after a
restart its shards answer at once, as they are. The folders alone would not do: one may be the left-over of a
shard that has moved away, and one that is missing may be lost, or yet to come.
"""

from __future__ import annotations

import os
from pathlib import Path

from cluster.durable import sync_folder
from quarkparsec.root.topology import Topology


def load_topology(path: Path) -> Topology | None:
    """What was saved; None if nothing ever was. Raises Corrupt."""
    return Topology.decode(path.read_bytes()) if path.exists() else None


def save_topology(path: Path, topology: Topology) -> None:
    """Write it through a power cut; whoever is stopped half-way leaves the one before."""
    written = path.with_suffix(".new")
    with written.open("wb") as file:
        file.write(topology.encode())
        file.flush()
        os.fsync(file.fileno())
    written.replace(path)
    sync_folder(path.parent)
