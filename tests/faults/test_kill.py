"""kill -9 at random moments under load: nothing acknowledged is lost, roots replay, supply is conserved.

QP_FAULT_ROUNDS says how many rounds; the default is a few.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import Any

import pytest
from auditing.opening import opened

from quarkparsec.audit.auditor import Auditor
from quarkparsec.types import Epoch
from tests.faults.client import Acknowledged, Client, start_clients
from tests.processes.running_cluster import RunningCluster

ROUNDS = int(os.environ.get("QP_FAULT_ROUNDS", "3"))
SEED = int(os.environ.get("QP_FAULT_SEED", "1"))
EVERYTHING = "everything"

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120 + 30 * ROUNDS)]


def test_killed_processes_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    with RunningCluster(tmp_path / "data") as cluster:
        clients = start_clients(cluster.url, 20803)
        for round_number in range(ROUNDS):
            time.sleep(chance.uniform(0.5, 1.5))
            victims = ["master", "slave-0", "slave-1", EVERYTHING]
            kill(cluster, victims[round_number % 4] if ROUNDS < 8 else chance.choice(victims))
            cluster.wait_until_ready()
            progress = sum(len(client.acknowledged) for client in clients)
            wait_for_progress(clients, progress)
        for client in clients:
            client.stop()
        acknowledged = [one for client in clients for one in client.acknowledged]
        check_receipts(cluster, acknowledged)
        cluster.stop()
        check_books(tmp_path / "data")
    check_nonces(acknowledged)


def kill(cluster: RunningCluster, victim: str) -> None:
    if victim == EVERYTHING:
        cluster.kill_everything()
        cluster.start()
    else:
        cluster.kill(victim)


def wait_for_progress(clients: list[Client], before: int) -> None:
    """The cluster goes on by itself."""
    deadline = time.monotonic() + 30
    while sum(len(client.acknowledged) for client in clients) <= before + len(clients):
        assert time.monotonic() < deadline, "no transaction was committed after the restart"
        time.sleep(0.05)


def check_receipts(cluster: RunningCluster, acknowledged: list[Acknowledged]) -> None:
    assert len(acknowledged) > 10 * ROUNDS
    for one in acknowledged:
        receipt = read_receipt(cluster, one.hash)
        assert receipt is not None, f"{one} is lost"
        assert (receipt["blockHash"], receipt["status"]) == (one.block_hash, one.status)


def read_receipt(cluster: RunningCluster, transaction_hash: str) -> Any:
    """Ask until a shard that is catching up can say; that isn't the same as saying no."""
    deadline = time.monotonic() + 10
    while True:
        try:
            return cluster.rpc("eth_getTransactionReceipt", transaction_hash)
        except RuntimeError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def check_books(data_dir: Path) -> None:
    """Every block since genesis is run again: roots, links and the supply agree."""
    with opened(data_dir) as databases:
        auditor = Auditor(databases, lambda _, epochs: epochs)
        auditor.check(Epoch(0), auditor.head(), replay=True)
        assert auditor.findings.noted == []
        assert auditor.money is not None


def check_nonces(acknowledged: list[Acknowledged]) -> None:
    """No nonce was used twice."""
    used = [(one.sender, one.nonce) for one in acknowledged]
    assert len(set(used)) == len(used)
