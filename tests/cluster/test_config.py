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
    create_secret,
    load_config,
    load_secret,
    save_config,
)
from quarkparsec.errors import InvalidInput

CONFIG = ClusterConfig(
    genesis="genesis.json",
    secret="secret",
    token="jwt.hex",
    master=Endpoint("127.0.0.1", 1),
    slaves=[
        SlaveConfig("slave-0", "127.0.0.1", 2),
        SlaveConfig("slave-1", "127.0.0.1", 3),
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


@pytest.mark.parametrize("slaves", [[], [CONFIG.slaves[0]] * 2])
def test_there_are_slaves_and_no_two_of_one_name(
    tmp_path: Path, slaves: list[SlaveConfig]
) -> None:
    save_config(tmp_path / "cluster.json", msgspec.structs.replace(CONFIG, slaves=slaves))
    with pytest.raises(InvalidInput, match="at least one slave, and no two of one name"):
        load_config(tmp_path / "cluster.json")


def test_a_slave_is_found_by_its_name() -> None:
    assert CONFIG.slave("slave-1").port == 3
    with pytest.raises(InvalidInput, match="no slave named slave-2"):
        CONFIG.slave("slave-2")
    assert [place.port for place in CONFIG.places()] == [2, 3]


def test_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    create_secret(path)
    assert len(load_secret(path)) == 32
    path.chmod(0o644)
    with pytest.raises(InvalidInput, match="readable by others"):
        load_secret(path)
