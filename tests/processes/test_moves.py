"""Shards move between slaves, slaves join and leave, while wallets work and notice nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.faults.test_kill import check_books, pending_fees
from tests.processes.admin import RunningSlave, holders, move, script
from tests.processes.crowd import Crowd
from tests.processes.running_cluster import RunningCluster

pytestmark = [pytest.mark.processes, pytest.mark.timeout(240)]

CLIENTS = 8


def test_machines_are_added_and_removed_under_load_and_nothing_is_lost(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with RunningCluster(data_dir) as cluster:
        crowd = Crowd(cluster, [cluster.url], CLIENTS)
        crowd.start()
        with RunningSlave(data_dir, "slave-2") as newcomer:
            assert "slave-2" not in holders(data_dir)
            script("rebalance", data_dir, "--yes")
            assert "slave-2" in holders(data_dir)
            script("rebalance", data_dir, "--remove", "slave-0", "--yes")
            assert set(holders(data_dir)) == {"slave-1", "slave-2"}
            before = len(crowd.receipts)
            deadline = time.monotonic() + 30
            while len(crowd.receipts) < before + 3 * CLIENTS:
                assert time.monotonic() < deadline, "nothing is committed any more"
                crowd.raise_errors()
                time.sleep(0.05)
            crowd.stop()
            crowd.check_receipts()
            crowd.check_nonces()
            crowd.check_money(pending_fees(data_dir))
            crowd.check_order()
            assert not list((data_dir / "slave-0").glob("shard-*"))
            assert newcomer.process is not None
            assert newcomer.process.poll() is None
        cluster.stop()
        check_books(data_dir, whole=True)


def test_a_shard_goes_there_and_back_again_and_the_next_start_knows_where_it_is(
    tmp_path: Path,
) -> None:
    data_dir = tmp_path / "data"
    with RunningCluster(data_dir) as cluster:
        first = holders(data_dir)
        assert move(data_dir, 2, "slave-1")["stage"] == "done"
        assert move(data_dir, 2, "slave-0")["stage"] == "done"
        assert holders(data_dir) == first
        assert move(data_dir, 3, "slave-0")["stage"] == "done"
        cluster.stop()
        cluster.start()
        assert holders(data_dir) == ["slave-0", "slave-1", "slave-0", "slave-0"]
