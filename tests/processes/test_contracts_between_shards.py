"""Contracts whose money, creator or friends are on other shards, as a wallet sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from eth_account.signers.local import LocalAccount
from web3.exceptions import ContractLogicError

from quarkparsec.chain.creation import create2_address, create_address
from quarkparsec.crypto.keccak import keccak
from tests.processes.contracts import (
    COUNTS_MONEY,
    FACTORY,
    PAYS_TWO,
    SALTED_FACTORY,
    calling,
    creating,
)
from tests.processes.running_cluster import ROOT, RunningCluster
from tests.processes.test_wallets import (
    ALICE,
    BOB,
    CAROL,
    ERIN,
    ETHER,
    FEES,
    counter_code,
    send,
    word,
)
from tests.processes.wallet import padded, recipient, somebody, spelled, unspelled

pytestmark = pytest.mark.processes

CAROL_SHARD, ERIN_SHARD, ALICE_SHARD = 0, 1, 2
DEPLOYER = spelled(unspelled("0x4e59b44847b379578588920ca78fbf26c0b4956c"))
"""The deterministic deployment proxy, on every shard: called with salt and init code, it does CREATE2."""


# --- money that is there first


def fund(w3: Any, contract: str) -> None:
    """42 wei by a transfer, and 58 by a contract that can't know what the address will be."""
    assert send(w3, ALICE, to=contract, value=42, **FEES)["status"] == 1
    payer = send(w3, ERIN, data=PAYS_TWO, **FEES)["contractAddress"]
    data = padded(contract) + word(58) + bytes(64)
    assert send(w3, CAROL, to=payer, value=58, data=data, **FEES)["status"] == 1
    assert w3.eth.get_balance(contract) == 100


def check_born_rich(w3: Any, contract: str, receipt: Any) -> None:
    """It had the money while it was created, and what comes later comes to the same purse."""
    assert receipt["status"] == 1
    assert w3.eth.get_code(contract, receipt["blockNumber"]) == b"\0"
    assert w3.eth.get_storage_at(contract, 0) == word(100)
    assert w3.eth.get_balance(contract, receipt["blockNumber"]) == 100
    assert send(w3, BOB, to=contract, value=11, gas=50_000, **FEES)["status"] == 1
    assert w3.eth.get_balance(contract) == 111


@pytest.mark.parametrize("home", [CAROL_SHARD, ERIN_SHARD], ids=["at home", "away from home"])
def test_a_creation_finds_the_money_that_waits_for_it(cluster: RunningCluster, home: int) -> None:
    w3: Any = cluster.web3()
    creator = somebody("creator", CAROL_SHARD, contract_shard=home)
    contract = spelled(create_address(recipient(creator), 0))
    fund(w3, contract)
    send(w3, ALICE, to=creator.address, value=ETHER, **FEES)
    receipt = send(w3, creator, data=COUNTS_MONEY, **FEES)
    assert receipt["contractAddress"] == contract
    check_born_rich(w3, contract, receipt)


@pytest.mark.parametrize("salted", [False, True], ids=["CREATE", "CREATE2"])
def test_what_a_factory_on_another_shard_creates_finds_it(
    cluster: RunningCluster, salted: bool
) -> None:
    w3: Any = cluster.web3()
    code = SALTED_FACTORY if salted else FACTORY
    factory = send(w3, ERIN, data=code, **FEES)["contractAddress"]
    at = unspelled(factory)
    made = create2_address(at, 0, COUNTS_MONEY) if salted else create_address(at, 1)
    fund(w3, spelled(made))
    receipt = send(w3, CAROL, to=factory, data=COUNTS_MONEY, **FEES)
    check_born_rich(w3, spelled(made), receipt)


@pytest.mark.parametrize("sender", [ALICE, CAROL, ERIN], ids=["shard 2", "shard 0", "shard 1"])
def test_what_the_universal_deployer_creates_finds_it(
    cluster: RunningCluster, sender: LocalAccount
) -> None:
    w3: Any = cluster.web3()
    salt = keccak(recipient(sender))
    made = create2_address(unspelled(DEPLOYER), int.from_bytes(salt, "big"), COUNTS_MONEY)
    fund(w3, spelled(made))
    receipt = send(w3, sender, to=DEPLOYER, data=salt + COUNTS_MONEY, **FEES)
    check_born_rich(w3, spelled(made), receipt)


@pytest.mark.parametrize("salted", [False, True], ids=["CREATE", "CREATE2"])
def test_what_its_creation_creates_finds_it(cluster: RunningCluster, salted: bool) -> None:
    w3: Any = cluster.web3()
    outer_code = creating(COUNTS_MONEY, salted=salted)
    outer = create2_address(unspelled(DEPLOYER), 0, outer_code)
    inner = create2_address(outer, 0, COUNTS_MONEY) if salted else create_address(outer, 1)
    fund(w3, spelled(inner))
    receipt = send(w3, CAROL, to=DEPLOYER, data=bytes(32) + outer_code, **FEES)
    assert w3.eth.get_code(spelled(outer)) == b"\0"
    check_born_rich(w3, spelled(inner), receipt)


# --- contracts that need one another


@pytest.fixture(params=[CAROL_SHARD, ERIN_SHARD], ids=["stub at hand", "nothing at hand"])
def needed(cluster: RunningCluster, request: pytest.FixtureRequest) -> str:
    """A contract on Alice's shard, of whom Carol's shard has a stub, because it is its home, or nothing."""
    w3: Any = cluster.web3()
    creator = somebody(f"creator at {request.node.name}", ALICE_SHARD, request.param)
    send(w3, ALICE, to=creator.address, value=ETHER, **FEES)
    address: str = send(w3, creator, data=counter_code(), **FEES)["contractAddress"]
    return address


def test_an_access_list_puts_a_contract_beside_the_one_that_it_needs(
    cluster: RunningCluster, needed: str
) -> None:
    w3: Any = cluster.web3()
    beside = [{"address": needed, "storageKeys": []}]
    created = send(w3, CAROL, data=calling(needed), accessList=beside, **FEES)
    contract = created["contractAddress"]
    places = [cluster.rpc("qp_getAddress", one)["shardKey"] for one in (needed, contract)]
    assert places[0] == places[1]
    assert send(w3, ERIN, to=contract, data=word(42), **FEES)["status"] == 1
    assert w3.eth.call({"to": needed}) == word(42)


def test_an_access_list_takes_a_universal_contract_there_too(
    cluster: RunningCluster, needed: str
) -> None:
    w3: Any = cluster.web3()
    beside = [{"address": needed, "storageKeys": []}]
    initcode = calling(needed)
    contract = spelled(create2_address(unspelled(DEPLOYER), 0, initcode))
    deployed = send(w3, CAROL, to=DEPLOYER, data=bytes(32) + initcode, accessList=beside, **FEES)
    assert deployed["status"] == 1
    assert send(w3, ERIN, to=contract, data=word(42), **FEES)["status"] == 1
    assert w3.eth.call({"to": needed}) == word(42)


def test_without_it_a_call_fails_and_says_whom_it_could_not_see(
    cluster: RunningCluster, needed: str
) -> None:
    w3: Any = cluster.web3()
    contract = send(w3, CAROL, data=calling(needed), **FEES)["contractAddress"]
    call = {"from": ERIN.address, "to": contract, "data": word(42)}
    for ask in (w3.eth.call, w3.eth.estimate_gas):
        with pytest.raises(ContractLogicError, match=f"{needed.lower()} lives under shard key"):
            ask(call)
    assert send(w3, ERIN, to=contract, data=word(42), gas=100_000, **FEES)["status"] == 0
    assert w3.eth.call({"to": needed}) == word(0)


def test_where_all_contracts_have_one_key_everybody_sees_everybody(tmp_path: Path) -> None:
    genesis = orjson.loads((ROOT / "genesis" / "devnet.json").read_bytes())
    path = tmp_path / "together.json"
    path.write_bytes(orjson.dumps({**genesis, "contract_key": "common"}))
    with RunningCluster(tmp_path / "data", "--genesis", str(path)) as cluster:
        w3: Any = cluster.web3()
        needed = send(w3, ALICE, data=counter_code(), **FEES)["contractAddress"]
        contract = send(w3, CAROL, data=calling(needed), **FEES)["contractAddress"]
        receipt = send(w3, ERIN, to=contract, data=word(42), **FEES)
        assert receipt["status"] == 1
        assert [log["address"] for log in receipt["logs"]] == [needed]
        assert w3.eth.call({"to": needed}) == word(42)
        initcode = calling(needed)
        assert send(w3, BOB, to=DEPLOYER, data=bytes(32) + initcode, **FEES)["status"] == 1
        second = spelled(create2_address(unspelled(DEPLOYER), 0, initcode))
        assert send(w3, ERIN, to=second, data=word(44), **FEES)["status"] == 1
        assert w3.eth.call({"to": needed}) == word(44)
