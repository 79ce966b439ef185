"""A process knows which cluster it belongs to before it does anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.identity import load_identity
from cluster.layout import DataDirectory
from quarkparsec.errors import InvalidInput
from quarkparsec.wire.session import Peer, Role
from tests.cluster.test_layout import ORDINARY


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    """A data directory after its first start."""
    made = DataDirectory(tmp_path)
    made.prepare(ORDINARY)
    return made


def test_an_identity_holds_what_the_directory_does(directory: DataDirectory) -> None:
    identity = load_identity(directory.config)
    assert identity.folder == directory.path
    assert identity.secret == directory.secret.read_bytes()
    assert identity.genesis.chain_id == 20_803
    assert identity.credentials(Role.SLAVE, "slave-0").me == Peer(Role.SLAVE, "slave-0")


def test_the_pace_is_the_clusters_choice_on_the_same_chain(tmp_path: Path) -> None:
    hashes = set()
    for pace_ms in (None, 7):
        directory = DataDirectory(tmp_path / str(pace_ms))
        directory.prepare(ORDINARY._replace(min_epoch_ms=pace_ms))
        genesis = load_identity(directory.config).genesis
        assert genesis.min_epoch_ms == (50 if pace_ms is None else pace_ms)
        hashes.add(genesis.hash)
    assert len(hashes) == 1


@pytest.mark.parametrize("name", ["genesis", "secret", "config"])
def test_a_missing_file_is_invalid_input(directory: DataDirectory, name: str) -> None:
    path: Path = getattr(directory, name)
    path.unlink()
    with pytest.raises(InvalidInput, match="cannot read"):
        load_identity(directory.config)


def test_a_secret_cut_short_is_refused(directory: DataDirectory) -> None:
    directory.secret.write_bytes(b"short")
    with pytest.raises(InvalidInput, match="must hold 32 bytes"):
        load_identity(directory.config)
