"""Shards move between slaves, slaves join and leave, while wallets work and notice nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.faults.test_kill import check_books, pending_fees
from tests.processes.crowd import Crowd
from tests.processes.operator import Operator
from tests.processes.running_cluster import RunningCluster
from tests.processes.running_slave import running_slave

pytestmark = [pytest.mark.processes, pytest.mark.timeout(240)]

CLIENTS = 8


def test_machines_are_added_and_removed_under_load_and_nothing_is_lost(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with RunningCluster(data_dir) as cluster:
        crowd = Crowd(cluster, [cluster.url], CLIENTS)
        crowd.start()
        operator = Operator(cluster)
        with running_slave(cluster, "slave-2") as newcomer:
            assert "slave-2" not in operator.holders()
            code, said = operator.run_script("rebalance", "--yes")
            assert code == 0, said
            assert "slave-2" in operator.holders()
            code, said = operator.run_script("rebalance", "--remove", "slave-0", "--yes")
            assert code == 0, said
            assert set(operator.holders()) == {"slave-1", "slave-2"}
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
            left = data_dir / "slave-0"
            while list(left.glob("shard-*")):
                assert time.monotonic() < deadline, "a shard is left where it isn't any more"
                time.sleep(0.05)
            assert newcomer.poll() is None
        cluster.stop()
        check_books(data_dir, whole=True)


def test_a_shard_goes_there_and_back_again_and_the_next_start_knows_where_it_is(
    tmp_path: Path,
) -> None:
    with RunningCluster(tmp_path / "data") as cluster:
        operator = Operator(cluster)
        first = operator.holders()
        assert operator.move(2, "slave-1")["stage"] == "done"
        assert operator.move(2, "slave-0")["stage"] == "done"
        assert operator.holders() == first
        assert operator.move(3, "slave-0")["stage"] == "done"
        cluster.stop()
        cluster.start()
        assert operator.holders() == ["slave-0", "slave-1", "slave-0", "slave-0"]
