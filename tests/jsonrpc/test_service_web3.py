"""web3.py, an unmodified wallet library, understands every answer."""

from __future__ import annotations

from typing import Any

import pytest
from web3 import Web3
from web3.exceptions import BlockNotFound, ContractLogicError, TransactionNotFound
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from quarkparsec.crypto.keccak import keccak
from quarkparsec.jsonrpc.node import ExecutionReverted
from tests.jsonrpc.cluster import ALICE, CHAIN_ID, TOKEN, TRANSFER, Door, MemoryCluster, sign

CONTRACT = Web3.to_checksum_address("0x" + TOKEN.hex())


class DoorProvider(JSONBaseProvider):
    """Hands web3.py's own bytes to a door."""

    def __init__(self, door: Door) -> None:
        super().__init__()
        self._door = door

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        answer = self._door.answer(self.encode_rpc_request(method, params))
        return self.decode_rpc_response(answer)


@pytest.fixture
def web3(door: Door) -> Any:
    return Web3(DoorProvider(door))


def test_the_node_introduces_itself(web3: Any) -> None:
    assert web3.eth.chain_id == CHAIN_ID
    assert web3.eth.block_number == 2
    assert web3.net.version == str(CHAIN_ID)
    assert web3.client_version.startswith("QuarkParsec")
    assert web3.eth.syncing is False


def test_blocks_link_and_hash_as_headers_do(web3: Any) -> None:
    latest, parent = web3.eth.get_block("latest"), web3.eth.get_block(1)
    assert latest["parentHash"] == parent["hash"]
    assert web3.eth.get_block(parent["hash"], True)["transactions"][2]["type"] == 1
    with pytest.raises(BlockNotFound):
        web3.eth.get_block(99)


def test_a_transaction_is_sent_and_found(web3: Any) -> None:
    sent = web3.eth.send_raw_transaction(sign(nonce=6))
    assert sent == keccak(sign(nonce=6))
    assert web3.eth.get_transaction(sent)["nonce"] == 6
    assert web3.eth.get_transaction_count(ALICE.address, "pending") == 7
    with pytest.raises(TransactionNotFound):
        web3.eth.get_transaction_receipt(sent)


def test_a_receipt_tells_of_the_block_that_names_it(web3: Any) -> None:
    block = web3.eth.get_block(1)
    for index, transaction_hash in enumerate(block["transactions"]):
        assert isinstance(transaction_hash, bytes)
        receipt = web3.eth.get_transaction_receipt(transaction_hash)
        assert (receipt["blockHash"], receipt["transactionIndex"]) == (block["hash"], index)


def test_events_are_found(web3: Any) -> None:
    topics = ["0x" + TRANSFER.hex()]
    logs = web3.eth.get_logs({"fromBlock": "earliest", "address": CONTRACT, "topics": topics})
    assert [log["logIndex"] for log in logs] == [0, 1, 0, 1, 2]


def test_fees_are_understood(web3: Any) -> None:
    history = web3.eth.fee_history(2, "latest", [20.0, 50])
    assert len(history["reward"]) == 2
    assert web3.eth.gas_price > web3.eth.max_priority_fee > 0


def test_state_is_read(web3: Any) -> None:
    assert web3.eth.get_balance(ALICE.address) == 10**18
    assert web3.eth.get_code(CONTRACT) == b"\x60\x00"
    assert int.from_bytes(web3.eth.get_storage_at(CONTRACT, 2), "big") == 7
    assert web3.eth.get_proof(CONTRACT, [2])["storageProof"][0]["value"]


def test_a_revert_is_recognised(web3: Any, cluster: MemoryCluster) -> None:
    reason = b"not yours"
    words = (32).to_bytes(32, "big") + len(reason).to_bytes(32, "big") + reason.ljust(32, b"\0")
    cluster.outcome = ExecutionReverted(bytes.fromhex("08c379a0") + words)
    with pytest.raises(ContractLogicError, match="execution reverted: not yours"):
        web3.eth.call({"to": CONTRACT})
