"""The folders of a slave: what is a shard, what isn't yet, and what isn't any more.

    shard-0003               the database of a shard
    shard-0003.copy-7-2      a copy that is being made, by move 2 of the master's term 7
    shard-0003.whole-7-2     one that holds everything, until it is known whether the move took place
    shard-0003.gone          what is being deleted

What a folder is called says how far it is, and giving it another name is one step for the file system. So
whatever moment a process ends at, the next one knows what it finds.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cluster.durable import sync_folder
from quarkparsec.shard.arrival import Whole
from quarkparsec.types import ShardId
from quarkparsec.wire.moves import MoveId

_SHARD: Final = re.compile(r"shard-([0-9]{4})")
_WHOLE: Final = re.compile(r"shard-([0-9]{4})\.whole-([0-9]+)-([0-9]+)")
_WORTHLESS: Final = ("shard-*.copy-*", "shard-*.gone")


def shard_folder(shard_id: ShardId) -> str:
    """The name of the folder with a shard's database."""
    return f"shard-{shard_id:04}"


class ShardFolders:
    """The folders of one slave."""

    def __init__(self, folder: Path) -> None:
        """Make the slave's folder if it isn't there; delete what an earlier life has left half-done."""
        self._folder: Final = folder
        folder.mkdir(parents=True, exist_ok=True)
        for pattern in _WORTHLESS:
            for path in folder.glob(pattern):
                shutil.rmtree(path)

    def shard(self, shard_id: ShardId) -> Path:
        """Where a shard's database is."""
        return self._folder / shard_folder(shard_id)

    def copy(self, shard_id: ShardId, move: MoveId) -> Path:
        """Where a copy is made."""
        return self._folder / f"{shard_folder(shard_id)}.copy-{move.term}-{move.number}"

    def shards(self) -> Iterator[ShardId]:
        """Those whose database is here."""
        for path in self._folder.iterdir():
            found = _SHARD.fullmatch(path.name)
            if found is not None:
                yield ShardId(int(found[1]))

    def whole(self) -> Iterator[Whole]:
        """The copies that hold everything."""
        for path in self._folder.iterdir():
            found = _WHOLE.fullmatch(path.name)
            if found is not None:
                yield Whole(ShardId(int(found[1])), MoveId(int(found[2]), int(found[3])))

    # --- from one name to the next

    def complete(self, shard_id: ShardId, move: MoveId) -> None:
        """A copy holds everything, durably. Its database must be closed."""
        self._rename(self.copy(shard_id, move), self._whole(shard_id, move))

    def adopt(self, shard_id: ShardId, move: MoveId) -> None:
        """A whole copy is the shard from now on."""
        self._rename(self._whole(shard_id, move), self.shard(shard_id))

    def discard(self, shard_id: ShardId) -> None:
        """The shard is elsewhere: delete its database, which must be closed."""
        self._delete(self.shard(shard_id))

    def discard_copy(self, shard_id: ShardId, move: MoveId) -> None:
        """A copy is worth nothing: delete it."""
        for path in (self.copy(shard_id, move), self._whole(shard_id, move)):
            self._delete(path)

    # --- within

    def _whole(self, shard_id: ShardId, move: MoveId) -> Path:
        return self._folder / f"{shard_folder(shard_id)}.whole-{move.term}-{move.number}"

    def _rename(self, path: Path, name: Path) -> None:
        path.rename(name)
        sync_folder(self._folder)

    def _delete(self, path: Path) -> None:
        if path.exists():
            gone = self._folder / f"{path.name.partition('.')[0]}.gone"
            self._rename(path, gone)
            shutil.rmtree(gone)
