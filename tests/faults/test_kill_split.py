"""kill -9 at random moments around splits, while clients read and write across shards.

There are as many shards as before or twice as many, everywhere, and it goes on by itself; who asks again gets
what is left to get. What must hold after any kill is in `test_kill`.

QP_FAULT_ROUNDS says how many rounds; the default is a few.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from pathlib import Path

import pytest
import requests

from tests.faults.test_kill import (
    ROUNDS,
    SEED,
    VICTIMS,
    check_books,
    kill,
    pending_fees,
    wait_for_progress,
)
from tests.processes.crowd import Crowd
from tests.processes.json_rpc import Refused
from tests.processes.operator import Operator
from tests.processes.running_cluster import RunningCluster

CLIENTS, HASTY = 6, 2
SHARDS_FIRST, SHARDS_LAST = 2, 32
ROUNDS_OF_A_CLUSTER = (SHARDS_LAST // SHARDS_FIRST).bit_length() - 1
LATEST_KILL_S = 0.6
"""After the split was asked for: by then the halves have come up, and are being swept."""
PATIENCE_S = 60.0

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180 + 60 * ROUNDS)]


@pytest.mark.parametrize("first_round", range(0, ROUNDS, ROUNDS_OF_A_CLUSTER))
def test_processes_killed_around_splits_leave_the_old_shards_or_the_new_ones(
    tmp_path: Path, first_round: int
) -> None:
    chance = random.Random(SEED + first_round)
    rounds = min(ROUNDS_OF_A_CLUSTER, ROUNDS - first_round)
    with RunningCluster(tmp_path / "data", "--shards", str(SHARDS_FIRST)) as cluster:
        crowd, operator = Crowd(cluster, [cluster.url], CLIENTS, hasty=HASTY), Operator(cluster)
        crowd.start()
        for round_number in range(rounds):
            before = SHARDS_FIRST << round_number
            asking = threading.Thread(target=ask_once, args=(operator, 2 * before))
            asking.start()
            time.sleep(chance.uniform(0, LATEST_KILL_S))
            kill(cluster, chance.choice(VICTIMS))
            asking.join()
            cluster.wait_until_ready()
            assert operator.shard_count() in (before, 2 * before)
            ask_until_split(operator, 2 * before)
            operator.wait_until_swept()
            wait_for_progress(crowd)
            check_books(tmp_path / "data", whole=False)
        crowd.stop()
        crowd.check_receipts()
        crowd.check_nonces()
        crowd.check_money(pending_fees(tmp_path / "data"))
        crowd.check_order()
        cluster.stop()
        check_books(tmp_path / "data", whole=True)


def ask_once(operator: Operator, shard_count: int) -> None:
    """Whoever answers, if anybody does, may be killed meanwhile."""
    with contextlib.suppress(Refused, requests.RequestException):
        operator.reshard(shard_count)


def ask_until_split(operator: Operator, shard_count: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while operator.shard_count() != shard_count:
        assert time.monotonic() < deadline, operator.ask("admin_status")
        ask_once(operator, shard_count)
        time.sleep(0.05)
