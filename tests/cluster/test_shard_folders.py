"""What a folder is called says how far it is; what was left half-done is gone at the next start."""

from __future__ import annotations

from pathlib import Path

from cluster.shard_folders import ShardFolders
from quarkparsec.shard.arrival import Whole
from quarkparsec.types import ShardId
from quarkparsec.wire.moves import MoveId

SHARD, ID = ShardId(3), MoveId(7, 2)


def fill(path: Path) -> None:
    path.mkdir()
    (path / "table").write_bytes(b"rows")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_copy_becomes_whole_and_then_the_shard(tmp_path: Path) -> None:
    folders = ShardFolders(tmp_path)
    fill(folders.copy(SHARD, ID))
    folders.complete(SHARD, ID)
    assert list(folders.whole()) == [Whole(SHARD, ID)]
    assert list(folders.shards()) == []
    folders.adopt(SHARD, ID)
    assert list(folders.whole()) == []
    assert list(folders.shards()) == [SHARD]
    assert (folders.shard(SHARD) / "table").read_bytes() == b"rows"


def test_the_next_start_keeps_shards_and_whole_copies_and_nothing_else(tmp_path: Path) -> None:
    folders = ShardFolders(tmp_path)
    fill(folders.shard(ShardId(0)))
    fill(folders.copy(SHARD, ID))
    folders.complete(SHARD, ID)
    fill(folders.copy(SHARD, MoveId(8, 1)))
    fill(tmp_path / "shard-0001.gone")
    fill(tmp_path / "topology")
    ShardFolders(tmp_path)
    assert names(tmp_path) == ["shard-0000", "shard-0003.whole-7-2", "topology"]


def test_what_is_discarded_is_gone(tmp_path: Path) -> None:
    folders = ShardFolders(tmp_path)
    fill(folders.shard(SHARD))
    fill(folders.copy(SHARD, ID))
    folders.discard(SHARD)
    folders.discard_copy(SHARD, ID)
    folders.discard_copy(SHARD, ID)
    assert names(tmp_path) == []
