"""One cluster for all attacks, and the proof after each that it is unharmed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.target import Target
from tests.processes.running_cluster import RunningCluster


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A freshly started cluster that has moved some money already."""
    with RunningCluster(tmp_path_factory.mktemp("attacked") / "data") as cluster:
        target = Target(cluster)
        target.transfer()
        yield target


@pytest.fixture
def target(running: Target) -> Iterator[Target]:
    """The cluster; the same processes live afterwards, and none met a fault."""
    before = running.pids()
    running.new_faults()
    yield running
    assert running.pids() == before
    assert running.new_faults() == []
    running.transfer()
