"""A cluster that was stopped comes back with the same chain, and with no other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.processes.running_cluster import ROOT, RunningCluster
from tests.processes.test_wallets import ALICE, BOB, FEES, counter_code, send, word

pytestmark = pytest.mark.processes

DEVNET = ROOT / "genesis" / "devnet.json"


def test_a_stopped_cluster_resumes_at_the_same_block(tmp_path: Path) -> None:
    with RunningCluster(tmp_path / "data") as cluster:
        w3: Any = cluster.web3()
        contract = send(w3, ALICE, data=counter_code(), **FEES)["contractAddress"]
        send(w3, ALICE, to=contract, data=word(42), **FEES)
        paid = send(w3, ALICE, to=BOB.address, value=7, **FEES)
        before = w3.eth.get_block("latest")
        cluster.stop()
        cluster.start()
        assert w3.eth.get_block(before["number"]) == before
        assert w3.eth.get_transaction_receipt(paid["transactionHash"]) == paid
        assert w3.eth.call({"to": contract}) == word(42)
        next_one = send(w3, ALICE, to=contract, data=word(44), **FEES)
        assert next_one["blockNumber"] > before["number"]
        assert w3.eth.get_block(before["number"] + 1)["parentHash"] == before["hash"]


def test_a_start_for_another_chain_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    with RunningCluster(tmp_path / "data") as cluster:
        w3: Any = cluster.web3()
        send(w3, ALICE, to=BOB.address, value=7, **FEES)
        before = w3.eth.get_block("latest")
        cluster.stop()
        other = tmp_path / "other.json"
        other.write_bytes(orjson.dumps({**orjson.loads(DEVNET.read_bytes()), "timestamp": "0x1"}))
        code, said = launch(tmp_path / "data", "--genesis", str(other))
        assert code == 1
        assert "holds another chain" in said
        cluster.start()
        assert w3.eth.get_block(before["number"]) == before


def test_a_directory_that_no_cluster_made_is_not_cleaned(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("dear")
    code, said = launch(tmp_path, "--clean")
    assert code == 1
    assert "isn't a cluster's data directory" in said
    assert (tmp_path / "letters").exists()


def launch(data_dir: Path, *flags: str) -> tuple[int, str]:
    """Start the launcher where it must refuse; its exit code and what it said, without line ends."""
    command = [sys.executable, "scripts/run_cluster.py", "--data-dir", str(data_dir), *flags]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    return done.returncode, " ".join((done.stdout + done.stderr).split())
