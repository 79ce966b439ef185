"""Where each shard's database is.

The root chain's topology says which slave holds a shard. Its folder there may still have the name of a copy that
came by a move and was whole, if nobody was left to give it another. And a shard that was just split off may
have none yet: then the folder of the one it comes from, which doesn't know of the split, holds what is of both.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cluster.shard_folders import shard_folder
from quarkparsec.root.topology import Topology
from quarkparsec.types import ShardId


def candidates(topology: Topology, shard_id: ShardId, data_dir: Path) -> Iterator[Path]:
    """Folders relative to the data directory, the best first, that may hold a shard's database."""
    slave = Path(topology.holder(shard_id))
    yield slave / shard_folder(shard_id)
    copies = (data_dir / slave).glob(f"{shard_folder(shard_id)}.whole-*")
    yield from (path.relative_to(data_dir) for path in sorted(copies))
    before = topology.shard_count // 2
    if shard_id >= before > 0:
        yield slave / shard_folder(ShardId(shard_id - before))
