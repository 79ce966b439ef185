"""The audit as an operator runs it, on a cluster of processes: running, stopped, and tampered with."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from auditing.command import main
from click.testing import CliRunner, Result

from cluster.leveldb import LevelDBStore
from quarkparsec.chain.legs import CreditsFrom
from quarkparsec.shard import block_rows
from quarkparsec.state.stored import decode_account
from quarkparsec.state.tables import ACCOUNT
from quarkparsec.store import prefix_stop
from quarkparsec.types import Epoch, Wei
from tests.processes.running_cluster import ROOT, RunningCluster
from tests.processes.test_wallets import ALICE, BOB, CAROL, FEES, counter_code, send, word

pytestmark = pytest.mark.processes

Answer = TypeVar("Answer")

SHARD = Path("slave-0") / "shard-0002"
"""Where ALICE lives."""

CAROLS_SHARD = Path("slave-0") / "shard-0000"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    """A cluster with a contract that holds a word, called and paid for within a shard and between two."""
    with RunningCluster(tmp_path_factory.mktemp("cluster") / "data") as cluster:
        w3: Any = cluster.web3()
        contract = send(w3, ALICE, data=counter_code(), **FEES)["contractAddress"]
        send(w3, ALICE, to=contract, data=word(42), **FEES)
        send(w3, ALICE, to=BOB.address, value=7, **FEES)
        send(w3, CAROL, to=contract, data=word(44), **FEES)
        send(w3, ALICE, to=CAROL.address, value=7, **FEES)
        yield cluster


@pytest.fixture
def stopped(running: RunningCluster, tmp_path: Path) -> Path:
    """The data directory of that cluster, for one test."""
    running.stop()
    shutil.copytree(running.data_dir, tmp_path / "data")
    return tmp_path / "data"


def test_a_running_cluster_is_audited_beside_its_processes(running: RunningCluster) -> None:
    command = [sys.executable, "scripts/audit.py", "--data-dir", str(running.data_dir), "--all"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "everything agrees" in done.stdout
    assert not list(running.data_dir.glob("audit-*"))


def test_a_stopped_cluster_is_audited_at_any_epoch(stopped: Path) -> None:
    for flags in ([], ["--epoch", "1"], ["--epoch", "0-3"], ["--all"]):
        result = audit(stopped, *flags)
        assert result.exit_code == 0, result.output


def test_programs_read_the_money_to_the_wei(stopped: Path) -> None:
    found = json.loads(audit(stopped, "--json").stdout)
    money = {name: int(amount) for name, amount in found["money"].items()}
    assert money["balances"] + money["fees_pending"] == money["supply"] < money["genesis_supply"]
    assert (found["count"], found["findings"]) == (0, [])


def test_a_wei_too_many_is_found_and_told(stopped: Path) -> None:
    with_store(stopped / SHARD, a_wei_more)
    result = audit(stopped)
    assert (result.exit_code, "+1 wei" in result.stdout) == (1, True)


def test_money_that_arrives_otherwise_than_it_was_sent_is_found(stopped: Path) -> None:
    epoch = with_store(stopped / CAROLS_SHARD, a_wei_more_in_a_credit)
    found = json.loads(audit(stopped, "--json", "--epoch", str(epoch)).stdout)
    checks = {finding["check"]: finding["words"] for finding in found["findings"]}
    assert checks == {
        "block": "the body has other legs than the block, or has swept to elsewhere",
        "legs": "shard 2 shipped other credits than shard 0 took",
    }


def test_a_missing_root_block_is_found(stopped: Path) -> None:
    with_store(stopped / "master", lambda store: delete(store, b"rb" + (2).to_bytes(8, "big")))
    found = json.loads(audit(stopped, "--json").stdout)
    (finding,) = found["findings"]
    assert (finding["epoch"], finding["shard_id"], finding["check"]) == (2, None, "root chain")


def test_a_root_chain_without_head_cannot_be_audited(stopped: Path) -> None:
    with_store(stopped / "master", lambda store: delete(store, b"rh"))
    result = audit(stopped)
    assert (result.exit_code, "has no head" in result.stderr) == (1, True)


def test_a_shard_s_folder_in_another_s_place_is_found(stopped: Path) -> None:
    shutil.rmtree(stopped / SHARD)
    shutil.copytree(stopped / "slave-0" / "shard-0000", stopped / SHARD)
    assert audit(stopped).exit_code == 1


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--epoch", "999999"], "the root chain goes from 0 to"),
        (["--epoch", "2-1"], "the root chain goes from 0 to"),
        (["--epoch", "x"], "neither an epoch nor a range"),
    ],
)
def test_epochs_that_are_not_there_are_refused(
    stopped: Path, flags: list[str], words: str
) -> None:
    result = audit(stopped, *flags)
    assert (result.exit_code, words in result.stderr) == (2, True)


def test_a_folder_without_a_cluster_is_refused(tmp_path: Path) -> None:
    assert audit(tmp_path).exit_code == 2


def test_a_cluster_without_one_of_its_databases_is_refused(stopped: Path) -> None:
    shutil.rmtree(stopped / SHARD)
    result = audit(stopped)
    assert (result.exit_code, "is no database" in result.stderr) == (2, True)
    assert not (stopped / SHARD).exists()


def audit(data_dir: Path, *flags: str) -> Result:
    return CliRunner().invoke(main, ["--data-dir", str(data_dir), *flags])


def with_store(path: Path, change: Callable[[LevelDBStore], Answer]) -> Answer:
    store = LevelDBStore(path)
    answer = change(store)
    store.close()
    return answer


def a_wei_more(store: LevelDBStore) -> None:
    key, row = next(store.scan(ACCOUNT, prefix_stop(ACCOUNT)))
    account = decode_account(row)
    store.write({key: account._replace(balance=Wei(account.balance + 1)).encode()}, sync=True)


def a_wei_more_in_a_credit(store: LevelDBStore) -> Epoch:
    """In the last block that has one, which needn't be the last: an idle chain's heart beats."""
    rows = store.scan(block_rows.HEADER, prefix_stop(block_rows.HEADER))
    decoded = [(key, block_rows.decode_header_row(row)) for key, row in rows]
    *_, (key, stored) = [(key, stored) for key, stored in decoded if stored.legs.credits]
    ((source, (credit,)),) = stored.legs.credits
    more = CreditsFrom(source, (credit._replace(amount=Wei(credit.amount + 1)),))
    legs = stored.legs._replace(credits=(more,))
    store.write({key: block_rows.header_row(stored._replace(legs=legs))}, sync=True)
    return stored.header.number


def delete(store: LevelDBStore, key: bytes) -> None:
    assert store.get(key)
    store.write({key: None}, sync=True)
