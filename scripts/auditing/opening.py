"""From a data directory to databases that may be audited."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from auditing.copying import copy_database, still
from cluster.identity import load_identity
from cluster.leveldb import LevelDBStore
from quarkparsec.audit.auditor import Databases
from quarkparsec.root.root_store import RootStore
from quarkparsec.root.topology import Topology
from quarkparsec.types import ShardId

FOLDER_PREFIX: Final = "audit-"


@contextmanager
def opened(data_dir: Path) -> Iterator[Databases]:
    """Copies of a cluster's databases, open; they are deleted at the end.

    They lie inside the data directory, where links are possible, unless nobody may write there. Raises
    InvalidInput, Unavailable, Corrupt.
    """
    identity = load_identity(data_dir / "cluster.json")
    where = data_dir if os.access(data_dir, os.W_OK) else None
    with TemporaryDirectory(prefix=FOLDER_PREFIX, dir=where) as folder, ExitStack() as open_ones:

        def open_store(path: Path) -> LevelDBStore:
            return open_ones.enter_context(closing(LevelDBStore(Path(folder) / path)))

        with ExitStack() as held:

            def copy(path: Path) -> LevelDBStore:
                held_still.append(held.enter_context(still(data_dir / path)))
                copy_database(data_dir / path, Path(folder) / path)
                return open_store(path)

            held_still = list[bool]()
            master = copy(Path("master"))
            shards = {
                shard_id: copy(path) for shard_id, path in _paths(RootStore(master).topology())
            }
        yield Databases(
            identity.genesis,
            master,
            shards,
            all(held_still),
            lambda shard_id: open_store(Path("replay") / f"shard-{shard_id:04}"),
        )


def _paths(topology: Topology) -> Iterator[tuple[ShardId, Path]]:
    """Where each shard's database is."""
    for number, holder in enumerate(topology.holders):
        yield ShardId(number), Path(holder) / f"shard-{number:04}"
