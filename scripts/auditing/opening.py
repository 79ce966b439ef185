"""From a data directory to databases that may be audited.

A shard that moves while the databases are copied may be gone from where the root chain said it was. Then the
root chain is asked again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from auditing.copying import copy_database, is_database, still
from auditing.locating import candidates
from cluster.identity import load_identity
from cluster.leveldb import LevelDBStore
from cluster.shard_folders import shard_folder
from quarkparsec.audit.auditor import Databases
from quarkparsec.errors import Corrupt, InvalidInput
from quarkparsec.root.root_store import RootStore
from quarkparsec.root.topology import Topology
from quarkparsec.state.stored import read_place
from quarkparsec.types import ShardId

FOLDER_PREFIX: Final = "audit-"

COPY_TRIES_MAX: Final = 3
"""A move takes longer than copying does: that two of them are in the way is hardly possible."""


@contextmanager
def opened(data_dir: Path) -> Iterator[Databases]:
    """Copies of a cluster's databases, open; they are deleted at the end.

    They lie inside the data directory, where links are possible, unless nobody may write there. Raises
    InvalidInput, Unavailable, Corrupt.
    """
    identity = load_identity(data_dir / "cluster.json")
    where = data_dir if os.access(data_dir, os.W_OK) else None
    with TemporaryDirectory(prefix=FOLDER_PREFIX, dir=where) as folder, ExitStack() as open_ones:
        copies = _copy_all(data_dir, Path(folder), open_ones)

        def empty_store(shard_id: ShardId) -> LevelDBStore:
            return _open(Path(folder) / "replay" / shard_folder(shard_id), open_ones)

        yield Databases(
            identity.genesis, copies.master, copies.shards, copies.at_rest, empty_store
        )


class _Copies(NamedTuple):
    master: LevelDBStore
    shards: dict[ShardId, LevelDBStore]
    at_rest: bool


def _copy_all(data_dir: Path, folder: Path, open_ones: ExitStack) -> _Copies:
    for attempt in range(1, COPY_TRIES_MAX + 1):
        copying = _Copying(data_dir, folder / str(attempt), open_ones)
        try:
            with copying.held:
                return copying.run()
        except InvalidInput:
            if attempt == COPY_TRIES_MAX:
                raise
    raise AssertionError("the last attempt returns or raises")


class _Copying:
    """One attempt to copy everything."""

    def __init__(self, data_dir: Path, folder: Path, open_ones: ExitStack) -> None:
        self.held: Final = ExitStack()
        """Keeps others from opening what nobody has open."""
        self._data_dir: Final = data_dir
        self._folder: Final = folder
        self._open_ones: Final = open_ones
        self._held_still: Final[dict[Path, bool]] = {}

    def run(self) -> _Copies:
        """Raises InvalidInput if a database isn't where it should be."""
        master = self._copy(Path("master"), Path("master"))
        chain = RootStore(master)
        topology = chain.topology()
        if topology.shard_count != chain.head().shard_count:
            raise Corrupt("the root chain has another number of shards than there are places for")
        shards = {
            shard_id: self._copy_shard(topology, shard_id)
            for shard_id in map(ShardId, range(topology.shard_count))
        }
        return _Copies(master, shards, all(self._held_still.values()))

    def _copy_shard(self, topology: Topology, shard_id: ShardId) -> LevelDBStore:
        paths = candidates(topology, shard_id, self._data_dir)
        here = [path for path in paths if is_database(self._data_dir / path)]
        name = shard_folder(shard_id)
        if here:
            store = self._copy(here[0], Path(name))
            is_own = here[0].name.startswith(name)
            if is_own or read_place(store).shard_count < topology.shard_count:
                return store
        raise InvalidInput(f"{self._data_dir / topology.holder(shard_id) / name} is no database")

    def _copy(self, path: Path, name: Path) -> LevelDBStore:
        if path not in self._held_still:
            self._held_still[path] = self.held.enter_context(still(self._data_dir / path))
        copy_database(self._data_dir / path, self._folder / name)
        return _open(self._folder / name, self._open_ones)


def _open(path: Path, open_ones: ExitStack) -> LevelDBStore:
    return open_ones.enter_context(closing(LevelDBStore(path)))
