"""A slave remembers who was where when it last heard of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.topology_file import load_topology, save_topology
from quarkparsec.errors import Corrupt
from quarkparsec.root.topology import SlavePlace, first_topology

TOPOLOGY = first_topology((SlavePlace("slave-0", "127.0.0.1", 1),), 4)


def test_nothing_is_remembered_at_first(tmp_path: Path) -> None:
    assert load_topology(tmp_path / "topology") is None


def test_the_last_one_is_remembered(tmp_path: Path) -> None:
    for topology in (TOPOLOGY, TOPOLOGY.divided()):
        save_topology(tmp_path / "topology", topology)
        assert load_topology(tmp_path / "topology") == topology
    assert [path.name for path in tmp_path.iterdir()] == ["topology"]


def test_a_damaged_one_is_corrupt(tmp_path: Path) -> None:
    save_topology(tmp_path / "topology", TOPOLOGY)
    (tmp_path / "topology").write_bytes(TOPOLOGY.encode()[:-3])
    with pytest.raises(Corrupt, match="topology is malformed"):
        load_topology(tmp_path / "topology")
