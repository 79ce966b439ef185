"""The cluster file says everything once, and is refused when it doesn't make sense."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from cluster.config import (
    ClusterConfig,
    Endpoint,
    GatewayConfig,
    SlaveConfig,
    check_shards,
    create_secret,
    load_config,
    load_secret,
    save_config,
)
from quarkparsec.errors import InvalidInput
from quarkparsec.types import ShardId

CONFIG = ClusterConfig(
    genesis="genesis.json",
    secret="secret",
    token="jwt.hex",
    master=Endpoint("127.0.0.1", 1),
    slaves=[
        SlaveConfig("slave-0", "127.0.0.1", 2, [0, 2]),
        SlaveConfig("slave-1", "127.0.0.1", 3, [1, 3]),
    ],
    gateway=GatewayConfig("127.0.0.1", 4),
    admin=Endpoint("127.0.0.1", 5),
)


def test_a_saved_configuration_is_read_back(tmp_path: Path) -> None:
    save_config(tmp_path / "cluster.json", CONFIG)
    assert load_config(tmp_path / "cluster.json") == CONFIG


def test_a_misspelt_field_is_refused_by_name(tmp_path: Path) -> None:
    fields = msgspec.to_builtins(CONFIG) | {"mastre": {}}
    (tmp_path / "cluster.json").write_bytes(msgspec.json.encode(fields))
    with pytest.raises(InvalidInput, match="mastre"):
        load_config(tmp_path / "cluster.json")


def test_a_missing_file_is_invalid_input(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot read"):
        load_config(tmp_path / "nowhere.json")


def test_every_shard_has_exactly_one_slave() -> None:
    check_shards(CONFIG, 4)
    assert CONFIG.slave_of(ShardId(3)).name == "slave-1"
    for shard_count in (2, 8):
        with pytest.raises(InvalidInput, match="shards"):
            check_shards(CONFIG, shard_count)


def test_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    create_secret(path)
    assert len(load_secret(path)) == 32
    path.chmod(0o644)
    with pytest.raises(InvalidInput, match="readable by others"):
        load_secret(path)
