"""kill -9 of master, source and target while shards move under load.

A shard is where it was or where it was to go, never in both places and never in none; nothing of the move is left;
and all that tests/faults/test_kill.py asks of a cluster holds.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from tests.faults.test_kill import SEED, check_books, pending_fees, wait_for_progress
from tests.processes.crowd import Crowd
from tests.processes.operator import Operator
from tests.processes.running_cluster import RunningCluster

ROUNDS = int(os.environ.get("QP_FAULT_ROUNDS", "6"))
CLIENTS, HASTY = 8, 3
LONGEST_MOVE_S = 1.2
SLAVES = ("slave-0", "slave-1")

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120 + 30 * ROUNDS)]


def test_a_killed_move_leaves_the_shard_in_one_place(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    data_dir = tmp_path / "data"
    with RunningCluster(data_dir) as cluster:
        crowd, operator = Crowd(cluster, [cluster.url], CLIENTS, hasty=HASTY), Operator(cluster)
        crowd.start()
        for round_number in range(ROUNDS):
            before = operator.holders()
            shard_id = chance.randrange(len(before))
            source = before[shard_id]
            target = SLAVES[1 - SLAVES.index(source)]
            operator.begin_move(shard_id, target)
            time.sleep(chance.uniform(0.0, LONGEST_MOVE_S))
            cluster.kill(("master", source, target)[round_number % 3])
            cluster.wait_until_ready()
            wait_for_progress(crowd)
            after = operator.holders()
            assert after[shard_id] in (source, target)
            assert after[:shard_id] + after[shard_id + 1 :] == (
                before[:shard_id] + before[shard_id + 1 :]
            )
            check_folders(data_dir, after)
            check_books(data_dir, whole=False)
        crowd.stop()
        crowd.check_receipts()
        crowd.check_nonces()
        crowd.check_money(pending_fees(data_dir))
        crowd.check_order()
        cluster.stop()
        check_books(data_dir, whole=True)


def check_folders(data_dir: Path, after: list[str]) -> None:
    """Every shard has one folder, at its holder, and nothing else is left in a while."""
    wanted = {f"{holder}/shard-{shard_id:04}" for shard_id, holder in enumerate(after)}
    deadline = time.monotonic() + 20
    while True:
        found = {str(path.relative_to(data_dir)) for path in data_dir.glob("slave-*/shard-*")}
        if found == wanted:
            return
        assert time.monotonic() < deadline, found ^ wanted
        time.sleep(0.1)
