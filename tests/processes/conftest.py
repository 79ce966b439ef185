"""One cluster for all wallets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.processes.running_cluster import RunningCluster


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    """A freshly started development cluster."""
    with RunningCluster(tmp_path_factory.mktemp("cluster") / "data") as running:
        yield running
