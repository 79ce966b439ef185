"""The shards of a running cluster are doubled, and nobody who uses it notices."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from eth_account import Account

from quarkparsec.crypto.keccak import keccak
from tests.processes.contracts import FACTORY, KEEPS_THREE_WEI, PAYS_TWO, REMEMBERS_SENDER
from tests.processes.crowd import Crowd
from tests.processes.json_rpc import Refused
from tests.processes.operator import Operator
from tests.processes.running_cluster import RunningCluster
from tests.processes.running_slave import running_slave
from tests.processes.scrapbook import Scrapbook
from tests.processes.test_keys import KEY, address, native, network, text
from tests.processes.test_wallets import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    ERIN,
    ETHER,
    FEES,
    counter_code,
    send,
    word,
)
from tests.processes.wallet import padded

pytestmark = pytest.mark.processes

WALLETS: Final = (ALICE, BOB, CAROL, DAVE, ERIN)
NEWCOMERS: Final = [Account.from_key(keccak(b"newcomer %d" % index)) for index in range(8)]


def test_everything_that_a_wallet_saw_is_as_it_was(tmp_path: Path) -> None:
    with RunningCluster(tmp_path / "data", "--shards", "2") as cluster:
        w3: Any = cluster.web3()
        contracts = live_a_little(cluster)
        waiting = [send_too_early(w3, account) for account in (ALICE, ERIN)]
        accounts = [each.address for each in (*WALLETS, *NEWCOMERS)]
        operator = Operator(cluster)
        for count in (4, 8):
            scrapbook = Scrapbook(cluster, accounts, contracts, waiting, [KEY, 0, 5])
            split = operator.reshard(count)
            scrapbook.check()
            operator.wait_until_swept()
            scrapbook.check()
            check_logs_across(w3, contracts[0], split)
        cluster.stop()
        cluster.start()
        fill_the_gaps(w3, waiting)
        operator.wait_until_swept()
        for account in NEWCOMERS:  # what they have can be spent
            assert send(w3, account, to=ALICE.address, value=1, **FEES)["status"] == 1


def live_a_little(cluster: RunningCluster) -> list[str]:
    """Creations, calls and payments within and between shards, explicit keys; the contracts' addresses."""
    w3: Any = cluster.web3()
    for account in NEWCOMERS:
        send(w3, ALICE, to=account.address, value=ETHER // 10, **FEES)
    codes = (counter_code(), REMEMBERS_SENDER, PAYS_TWO, KEEPS_THREE_WEI)
    contracts = [
        send(w3, creator, data=code, **FEES)["contractAddress"]
        for code in codes
        for creator in (CAROL, ERIN)
    ]
    for contract in contracts[:2]:
        for number in (42, 44):
            send(w3, BOB, to=contract, data=word(number), **FEES)
    send(w3, DAVE, to=contracts[2], value=1_000, **FEES)
    payments = b"".join(padded(each.address) + word(7) for each in NEWCOMERS[:2])
    send(w3, DAVE, to=contracts[4], value=14, data=payments, gas=200_000, **FEES)
    factory = send(w3, BOB, data=FACTORY, **FEES)["contractAddress"]
    send(w3, CAROL, to=factory, data=counter_code(), gas=500_000, **FEES)
    pay_a_key(cluster)
    return [*contracts, factory]


def pay_a_key(cluster: RunningCluster) -> None:
    """An account at an explicit key, from Alice's home."""
    w3: Any = cluster.web3()
    home = int(cluster.rpc("qp_getAddress", ALICE.address)["shardKey"], 16)
    key: Any = KEY
    raw = native(cluster, ALICE, home, address(NEWCOMERS[0], key), 5)  # type: ignore[arg-type]
    sent = w3.eth.send_raw_transaction(raw)
    assert w3.eth.wait_for_transaction_receipt(sent, 20, 0.01)["status"] == 1
    assert network(cluster, key).eth.chain_id == w3.eth.chain_id * 2**32 + key
    assert int(cluster.rpc("qp_getBalance", text(address(NEWCOMERS[0], key))), 16) >= 0


def send_too_early(w3: Any, account: Any) -> str:
    """With the nonce after the next one, so it waits; its hash."""
    nonce = w3.eth.get_transaction_count(account.address) + 1
    fields = {"chainId": w3.eth.chain_id, "nonce": nonce, "gas": 21_000, "to": BOB.address, **FEES}
    signed = account.sign_transaction({**fields, "value": 1})
    return str(w3.eth.send_raw_transaction(signed.raw_transaction).to_0x_hex())


def fill_the_gaps(w3: Any, waiting: list[str]) -> None:
    """A pool doesn't outlive its process: what waited has to be sent again, and is then taken in its turn."""
    for account, before in zip((ALICE, ERIN), waiting, strict=True):
        assert send(w3, account, to=BOB.address, value=1, **FEES)["status"] == 1
        assert send_too_early(w3, account) != before


def check_logs_across(w3: Any, contract: str, split: int) -> None:
    """One log on each side of the split, each once, where it belongs."""
    before = w3.eth.get_logs({"fromBlock": 0, "toBlock": split, "address": contract})
    receipt = send(w3, BOB, to=contract, data=word(2 * split), **FEES)
    assert receipt["blockNumber"] > split
    across = w3.eth.get_logs({"fromBlock": 0, "toBlock": "latest", "address": contract})
    later = w3.eth.get_logs({"fromBlock": split + 1, "toBlock": "latest", "address": contract})
    assert across == [*before, *later]
    assert later[-1:] == receipt["logs"]


def test_a_crowd_goes_on_writing_and_reading_through_splits(tmp_path: Path) -> None:
    with RunningCluster(tmp_path / "data", "--shards", "2") as cluster:
        crowd = Crowd(cluster, [cluster.url], count=6)
        operator = Operator(cluster)
        crowd.start()
        for count in (4, 8, 16):
            before = len(crowd.receipts)
            operator.reshard(count)
            operator.wait_until_swept()
            while len(crowd.receipts) < before + 60:
                crowd.raise_errors()
        crowd.stop()
        crowd.check_receipts()
        crowd.check_nonces()
        crowd.check_money({})
        crowd.check_order()
        refused = [words for recorder in crowd.recorders for words in recorder.setbacks]
        assert refused == []  # nobody had to try again


def test_what_waits_in_a_pool_goes_to_the_half_that_it_is_for(tmp_path: Path) -> None:
    with RunningCluster(tmp_path / "data") as cluster:
        w3: Any = cluster.web3()
        waiting = {account.address: send_too_early(w3, account) for account in WALLETS}
        operator = Operator(cluster)
        for count in (8, 16):
            operator.reshard(count)
            for sent in waiting.values():
                assert w3.eth.get_transaction(sent)["blockHash"] is None
            operator.wait_until_swept()
        for account in WALLETS:
            assert send_next(w3, account) == 1
            receipt = w3.eth.wait_for_transaction_receipt(waiting[account.address], 20, 0.01)
            assert receipt["status"] == 1


def send_next(w3: Any, account: Any) -> int:
    """With the very next nonce; the status of its receipt."""
    nonce = w3.eth.get_transaction_count(account.address)
    fields = {"chainId": w3.eth.chain_id, "nonce": nonce, "gas": 21_000, "to": BOB.address, **FEES}
    raw = account.sign_transaction({**fields, "value": 1}).raw_transaction
    receipt = w3.eth.wait_for_transaction_receipt(w3.eth.send_raw_transaction(raw), 20, 0.01)
    return int(receipt["status"])


@pytest.mark.parametrize(
    ("shard_count", "words"),
    [
        (5, "5 is no power of two"),
        (2, "4 shards can be split into 8 only"),
        (4, "4 shards can be split into 8 only"),
        (16, "4 shards can be split into 8 only"),
        (2**40, "no power of two|split into 8 only"),
        (-8, "hex string|expected"),
        ("8", "hex string without 0x prefix"),
        (True, "expected|hex string"),
        (None, "missing value"),
    ],
)
def test_bad_input_is_refused_in_clear_words_and_changes_nothing(
    cluster: RunningCluster, shard_count: Any, words: str
) -> None:
    operator = Operator(cluster)
    before = operator.ask("admin_status")["slaves"], operator.shard_count()
    with pytest.raises(Refused, match=words):
        operator.ask("admin_reshard", shard_count)
    assert (operator.ask("admin_status")["slaves"], operator.shard_count()) == before


def test_the_script_doubles_until_there_are_as_many_as_are_wanted(tmp_path: Path) -> None:
    with RunningCluster(tmp_path / "data", "--shards", "2") as cluster:
        operator = Operator(cluster)
        code, said = operator.run_script("reshard", "--shards", "16")
        assert (code, said.splitlines()[-1]) == (0, "there are 16 shards")
        status = operator.wait_until_swept()
        assert int(status["shardCount"], 16) == 16
        code, said = operator.run_script("reshard", "--shards", "16")
        assert (code, said.splitlines()[-1]) == (0, "there are 16 shards")
        for wanted, words in (("8", "there is no way back"), ("24", "24 is no power of two")):
            code, said = operator.run_script("reshard", "--shards", wanted)
            assert (code, words in said) == (1, True)
        cluster.stop()
        assert operator.run_script("reshard", "--shards", "32")[0] == 2


def test_the_script_gives_shards_to_a_slave_that_holds_none(tmp_path: Path) -> None:
    with RunningCluster(tmp_path / "data", "--shards", "1", "--slaves", "1") as cluster:
        operator = Operator(cluster)
        with running_slave(cluster, "slave-1"):
            for wanted in ("4", "8"):
                code, said = operator.run_script("reshard", "--shards", wanted)
                assert (code, f"there are {wanted} shards" in said) == (0, True)
                assert operator.holders().count("slave-1") == int(wanted) // 2
            assert said.splitlines()[-1] == "there are 8 shards"  # nothing had to move any more
