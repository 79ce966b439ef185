"""kill -9 at random moments, while clients read and write across shards.

Nothing acknowledged is lost or changed, no nonce is used twice or left out, nothing is stuck, what everybody saw
has a serial order in real time, and the books agree to the wei after every round. In the end all blocks since
genesis are run again, and give the same roots.

QP_FAULT_ROUNDS says how many rounds; the default is a few.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from auditing.opening import opened

from quarkparsec.audit.auditor import Auditor
from quarkparsec.root.root_store import RootStore
from quarkparsec.types import Epoch
from tests.processes.crowd import Crowd
from tests.processes.running_cluster import RunningCluster

ROUNDS = int(os.environ.get("QP_FAULT_ROUNDS", "3"))
SEED = int(os.environ.get("QP_FAULT_SEED", "1"))
CLIENTS, HASTY = 8, 3
EVERYTHING = "everything"
VICTIMS: Sequence[str] = ("master", "slave-0", "slave-1", EVERYTHING)

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120 + 30 * ROUNDS)]


def test_killed_processes_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    with RunningCluster(tmp_path / "data") as cluster:
        crowd = Crowd(cluster, [cluster.url], CLIENTS, hasty=HASTY)
        crowd.start()
        for round_number in range(ROUNDS):
            time.sleep(chance.uniform(0.5, 1.5))
            kill(cluster, VICTIMS[round_number % 4] if ROUNDS < 8 else chance.choice(VICTIMS))
            cluster.wait_until_ready()
            wait_for_progress(crowd)
            check_books(tmp_path / "data", whole=False)
        crowd.stop()
        crowd.check_receipts()
        crowd.check_nonces()
        crowd.check_money(pending_fees(tmp_path / "data"))
        crowd.check_order()
        assert len(crowd.receipts) > 10 * ROUNDS
        cluster.stop()
        check_books(tmp_path / "data", whole=True)


def kill(cluster: RunningCluster, victim: str) -> None:
    if victim == EVERYTHING:
        cluster.kill_everything()
        cluster.start()
    else:
        cluster.kill(victim)


def wait_for_progress(crowd: Crowd) -> None:
    """The cluster goes on by itself, and every client with it."""
    before = [len(recorder.receipts) for recorder in crowd.recorders]
    deadline = time.monotonic() + 30
    while any(
        len(recorder.receipts) <= count + 1
        for recorder, count in zip(crowd.recorders, before, strict=True)
    ):
        assert time.monotonic() < deadline, "a client's transactions aren't committed any more"
        crowd.raise_errors()
        time.sleep(0.05)


def check_books(data_dir: Path, *, whole: bool) -> None:
    """Audit the root chain and the state that it has come to, or every block since genesis, run again."""
    with opened(data_dir) as databases:
        auditor = Auditor(databases, lambda _, epochs: epochs)
        head = auditor.head()
        auditor.check(Epoch(0) if whole else head, head, replay=whole)
        assert auditor.findings.noted == []
        assert auditor.money is not None


def pending_fees(data_dir: Path) -> dict[int, int]:
    """What the coinbase would have got if its shard had been there, by root block."""
    with opened(data_dir) as databases:
        chain = RootStore(databases.master)
        blocks = [chain.block(Epoch(number)) for number in range(chain.head().number + 1)]
    return {block.number: block.fees_pending for block in blocks if block is not None}
