"""A transaction that burns a block's whole gas takes longer than the master bears silence; nobody minds."""

from __future__ import annotations

import time
from typing import Any, Final

import pytest
from eth_account.signers.local import LocalAccount

from quarkparsec.limits import GAS_PER_MS_MIN
from tests.processes.running_cluster import RunningCluster
from tests.processes.test_wallets import ALICE, BOB, CAROL, DAVE, ERIN, FEES, send
from tests.runners.assembler import assemble, deploying

pytestmark = pytest.mark.processes

BLOCK_GAS: Final = 30_000_000
PATIENCE_S: Final = 4 * BLOCK_GAS / GAS_PER_MS_MIN / 1_000
"""Four such transactions, each as slow as can be."""

ANSWER_S: Final = 3.0

DAWDLING: Final = deploying(b"\x5b" * 24_000 + assemble("0 JUMP"))
"""JUMPDEST, for ever: of all instructions the one that takes the longest for its gas."""

_POINT_AND_FACTOR: Final = "1 0 MSTORE 2 32 MSTORE 0 NOT 64 MSTORE"
_MULTIPLY: Final = "0 0 96 0 7 GAS STATICCALL POP "
_START: Final = len(assemble(_POINT_AND_FACTOR))
MULTIPLYING: Final = deploying(
    assemble(f"{_POINT_AND_FACTOR} JUMPDEST {_MULTIPLY * 100} {_START} JUMP")
)
"""Multiplies a point of alt_bn128, for ever: the same among the precompiled contracts."""

DEAR: Final = {"maxFeePerGas": 2 * FEES["maxFeePerGas"], "maxPriorityFeePerGas": 5 * 10**9}
"""Poison pays a higher tip, so that its turn comes first."""


def start(w3: Any, sender: LocalAccount, **fields: Any) -> bytes:
    """Sign and send, without waiting."""
    nonce = w3.eth.get_transaction_count(sender.address, "pending")
    filled = {"chainId": w3.eth.chain_id, "nonce": nonce, **fields}
    sent: bytes = w3.eth.send_raw_transaction(sender.sign_transaction(filled).raw_transaction)
    return sent


def wait(w3: Any, transaction_hash: bytes) -> Any:
    return w3.eth.wait_for_transaction_receipt(transaction_hash, PATIENCE_S, 0.1)


@pytest.mark.parametrize("code", [DAWDLING, MULTIPLYING], ids=["JUMPDEST", "ecmul"])
@pytest.mark.parametrize("sender", [BOB, ERIN], ids=["lane 1", "lane 2"])
def test_an_endless_loop_at_the_gas_limit_ends_and_all_others_get_their_receipts(
    cluster: RunningCluster, sender: LocalAccount, code: bytes
) -> None:
    w3: Any = cluster.web3()
    endless = send(w3, ALICE, data=code, **FEES)["contractAddress"]
    poison = start(w3, sender, to=endless, gas=BLOCK_GAS, **DEAR)
    others = [
        start(w3, ALICE, to=BOB.address, value=1, gas=21_000, **FEES),
        start(w3, CAROL, to=DAVE.address, value=1, gas=21_000, **FEES),
        start(w3, DAVE, to=ALICE.address, value=1, gas=21_000, **FEES),
    ]
    burnt = wait(w3, poison)
    assert (burnt["status"], burnt["gasUsed"]) == (0, BLOCK_GAS)
    assert [wait(w3, each)["status"] for each in others] == [1, 1, 1]
    assert "is left out" not in said_by_master(cluster)


def test_while_the_evm_is_busy_its_process_answers(cluster: RunningCluster) -> None:
    w3: Any = cluster.web3()
    endless = send(w3, ALICE, data=DAWDLING, **FEES)["contractAddress"]
    poison = start(w3, BOB, to=endless, gas=BLOCK_GAS, **DEAR)
    slowest_s, count = 0.0, 0
    while cluster.rpc("eth_getTransactionReceipt", "0x" + poison.hex()) is None:
        began = time.monotonic()
        w3.eth.get_balance(ALICE.address)
        slowest_s, count = max(slowest_s, time.monotonic() - began), count + 1
    assert count > 0
    assert slowest_s < ANSWER_S


def said_by_master(cluster: RunningCluster) -> str:
    """What the master has logged so far."""
    return next(cluster.data_dir.rglob("master.log")).read_text()
