"""A data directory is made once, resumed as it is, and never mistaken for another chain's."""

from __future__ import annotations

from pathlib import Path

import msgspec
import orjson
import pytest

from cluster.config import SlaveConfig, load_config, load_secret, save_config
from cluster.identity import load_identity
from cluster.layout import DataDirectory, Options
from quarkparsec.chain.genesis import parse_genesis
from quarkparsec.errors import InvalidInput

DEVNET = Path(__file__).parent.parent.parent / "genesis" / "devnet.json"
ORDINARY = Options(DEVNET, None, 2, 8545, 8546, None)


def test_a_first_start_makes_everything_a_process_needs(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "data")
    config, genesis = directory.prepare(ORDINARY)
    identity = load_identity(directory.config)
    assert (identity.config, identity.genesis.hash) == (config, genesis.hash)
    assert [slave.name for slave in config.slaves] == ["slave-0", "slave-1"]
    assert all(folder.is_dir() for folder in (directory.logs, directory.run))
    assert len(bytes.fromhex(directory.token.read_text())) == 32
    for path in (directory.secret, directory.token):
        assert path.stat().st_mode & 0o777 == 0o600


def test_every_process_has_a_port_of_its_own(tmp_path: Path) -> None:
    for rpc_port in (1_024, 8_545, 30_000, 45_300, 65_533):
        directory = DataDirectory(tmp_path / str(rpc_port))
        options = ORDINARY._replace(slaves=4, rpc_port=rpc_port, admin_port=rpc_port + 1)
        config, _ = directory.prepare(options)
        ports = [config.gateway.port, config.admin.port, config.master.port]
        ports += [slave.port for slave in config.slaves]
        assert len(set(ports)) == len(ports)
        assert all(1_024 <= port < 32_768 for port in ports[2:])


def test_a_second_start_resumes_with_the_same_secrets(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    first, _ = directory.prepare(ORDINARY)
    secrets = load_secret(directory.secret), directory.token.read_text()
    second, _ = directory.prepare(ORDINARY._replace(rpc_port=9_000, min_epoch_ms=7))
    assert (load_secret(directory.secret), directory.token.read_text()) == secrets
    assert (second.gateway.port, second.min_epoch_ms) == (9_000, 7)
    assert load_config(directory.config) == second
    assert (second.master, second.slaves) == (first.master, first.slaves)


def test_another_chain_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "data")
    directory.prepare(ORDINARY)
    before = directory.config.read_bytes(), directory.genesis.read_bytes()
    other = tmp_path / "other.json"
    other.write_bytes(orjson.dumps({**orjson.loads(DEVNET.read_bytes()), "timestamp": "0x1"}))
    eight = ORDINARY._replace(genesis=None, shards=8)
    for options in (ORDINARY._replace(genesis=other), ORDINARY._replace(shards=8), eight):
        with pytest.raises(InvalidInput, match="another chain"):
            directory.prepare(options)
    assert (directory.config.read_bytes(), directory.genesis.read_bytes()) == before


def test_who_names_no_chain_gets_the_one_that_is_there(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(orjson.dumps({**orjson.loads(DEVNET.read_bytes()), "timestamp": "0x1"}))
    directory = DataDirectory(tmp_path / "data")
    _, made = directory.prepare(ORDINARY._replace(genesis=other))
    _, resumed = directory.prepare(ORDINARY._replace(genesis=None))
    assert resumed.hash == made.hash
    _, development = DataDirectory(tmp_path / "new").prepare(ORDINARY._replace(genesis=None))
    assert development.hash == parse_genesis(DEVNET.read_bytes()).hash


def test_another_number_of_slaves_is_refused(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    directory.prepare(ORDINARY)
    with pytest.raises(InvalidInput, match="has 2 slaves"):
        directory.prepare(ORDINARY._replace(slaves=4))


def test_a_second_start_has_as_many_slaves_as_there_are(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    config, _ = directory.prepare(ORDINARY._replace(slaves=3))
    joined = SlaveConfig("slave-9", "127.0.0.1", 9_999)
    save_config(directory.config, msgspec.structs.replace(config, slaves=[*config.slaves, joined]))
    resumed, _ = directory.prepare(ORDINARY._replace(slaves=None))
    assert resumed.slaves == [*config.slaves, joined]


def test_more_slaves_than_shards_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="5 slaves, but only 4 shards"):
        DataDirectory(tmp_path).prepare(ORDINARY._replace(slaves=5))


def test_a_start_may_choose_the_number_of_shards(tmp_path: Path) -> None:
    config, genesis = DataDirectory(tmp_path).prepare(ORDINARY._replace(shards=8, slaves=1))
    assert genesis.shard_count == 8
    assert len(config.slaves) == 1


def test_a_genesis_file_that_is_not_there_is_invalid_input(tmp_path: Path) -> None:
    missing = ORDINARY._replace(genesis=tmp_path / "nowhere.json")
    with pytest.raises(InvalidInput, match="cannot read"):
        DataDirectory(tmp_path / "data").prepare(missing)


def test_a_genesis_file_that_is_no_json_is_invalid_input(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text("{")
    for shards in (None, 8):
        with pytest.raises(InvalidInput):
            DataDirectory(tmp_path / "data").prepare(
                ORDINARY._replace(genesis=path, shards=shards)
            )


def test_cleaning_deletes_a_clusters_directory(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "data")
    directory.prepare(ORDINARY)
    directory.delete()
    assert not directory.path.exists()
    directory.delete()  # nothing there: nothing to do


def test_cleaning_never_deletes_somebody_elses_directory(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("dear")
    with pytest.raises(InvalidInput, match="isn't a cluster's data directory"):
        DataDirectory(tmp_path).delete()
    assert (tmp_path / "letters").read_text() == "dear"


def test_a_start_that_is_refused_makes_no_directory(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "data")
    with pytest.raises(InvalidInput):
        directory.prepare(ORDINARY._replace(slaves=5))
    assert not directory.path.exists()
