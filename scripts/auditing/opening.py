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
from quarkparsec.types import ShardId

FOLDER_PREFIX: Final = "audit-"


@contextmanager
def opened(data_dir: Path) -> Iterator[Databases]:
    """Copies of a cluster's databases, open; they are deleted at the end.

    They lie inside the data directory, where links are possible, unless nobody may write there. Raises
    InvalidInput, Unavailable, Corrupt.
    """
    identity = load_identity(data_dir / "cluster.json")
    paths = {
        ShardId(shard): Path(slave.name) / f"shard-{shard:04}"
        for slave in identity.config.slaves
        for shard in slave.shards
    }
    where = data_dir if os.access(data_dir, os.W_OK) else None
    with TemporaryDirectory(prefix=FOLDER_PREFIX, dir=where) as folder, ExitStack() as open_ones:
        scratch = Path(folder)
        at_rest = _copy(data_dir, scratch, [Path("master"), *paths.values()])

        def open_store(path: Path) -> LevelDBStore:
            return open_ones.enter_context(closing(LevelDBStore(scratch / path)))

        yield Databases(
            identity.genesis,
            open_store(Path("master")),
            {shard_id: open_store(path) for shard_id, path in sorted(paths.items())},
            at_rest,
            lambda shard_id: open_store(Path("replay") / f"shard-{shard_id:04}"),
        )


def _copy(data_dir: Path, scratch: Path, paths: list[Path]) -> bool:
    """Copy databases in this order; whether all of them stood still."""
    with ExitStack() as held:
        are_still = [held.enter_context(still(data_dir / path)) for path in paths]
        for path in paths:
            copy_database(data_dir / path, scratch / path)
    return all(are_still)
