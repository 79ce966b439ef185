"""eth_*: transactions and their receipts."""

from __future__ import annotations

import pytest

from quarkparsec.crypto.keccak import keccak
from quarkparsec.types import Epoch
from tests.jsonrpc.cluster import ALICE, Door, MemoryCluster, sign
from tests.jsonrpc.headers import GWEI

UNKNOWN = "0x" + "de" * 32


def send(door: Door, raw: bytes) -> str:
    """The hash that the node answers."""
    answer: str = door.ask("eth_sendRawTransaction", "0x" + raw.hex())
    return answer


@pytest.mark.parametrize(
    "fields", [{}, {"gasPrice": GWEI}, {"gasPrice": GWEI, "type": 1, "accessList": []}]
)
def test_a_sent_transaction_is_answered_with_its_hash_and_waits(
    door: Door, fields: dict[str, object]
) -> None:
    raw = sign(nonce=6, **fields)
    assert send(door, raw) == "0x" + keccak(raw).hex()
    waiting = door.ask("eth_getTransactionByHash", "0x" + keccak(raw).hex())
    assert waiting["from"] == ALICE.address.lower()
    assert waiting["blockNumber"] is None
    assert door.ask("eth_getTransactionReceipt", "0x" + keccak(raw).hex()) is None


def test_what_is_unknown_is_null(door: Door) -> None:
    assert door.ask("eth_getTransactionByHash", UNKNOWN) is None
    assert door.ask("eth_getTransactionReceipt", UNKNOWN) is None


@pytest.mark.parametrize(
    ("raw", "code", "words"),
    [
        ("0x", -32000, "typed transaction too short"),
        ("0x1234", -32000, "transaction type not supported"),
        ("0x03" + "00" * 100, -32000, "transaction type not supported"),
        ("0x02c0", -32000, "rlp:"),
        ("0xc0", -32000, "rlp:"),
        ("0x" + "00" * 140_000, -32000, "oversized data"),
        ("1234", -32602, "invalid argument 0: hex string without 0x prefix"),
        ("0x123", -32602, "invalid argument 0: hex string of odd length"),
        (5, -32602, "invalid argument 0: expected a hex string"),
        (None, -32602, "missing value for required argument 0"),
    ],
)
def test_what_is_no_transaction_is_refused(door: Door, raw: object, code: int, words: str) -> None:
    error = door.refusal("eth_sendRawTransaction", raw)
    assert error["code"] == code
    assert error["message"].startswith(words)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"gasPrice": GWEI, "chainId": None}, "only replay-protected"),
        ({"maxFeePerGas": 1}, "max priority fee per gas higher than max fee per gas"),
        ({"nonce": 2**64 - 1}, "nonce has max value"),
        ({"value": 2**256 - 1}, "insufficient funds"),
    ],
)
def test_refused_transactions_are_refused_in_the_words_that_libraries_look_for(
    door: Door, fields: dict[str, object], words: str
) -> None:
    raw = sign(**fields)
    error = door.refusal("eth_sendRawTransaction", "0x" + raw.hex())
    assert error["code"] == -32000
    assert error["message"].startswith(words)


def test_a_transaction_sent_twice_is_already_known(door: Door) -> None:
    raw = sign(nonce=6)
    send(door, raw)
    error = door.refusal("eth_sendRawTransaction", "0x" + raw.hex())
    assert error == {"code": -32000, "message": "already known"}


def test_a_transaction_is_the_same_by_hash_by_place_and_in_its_block(door: Door) -> None:
    for number in ("0x1", "0x2"):
        block = door.ask("eth_getBlockByNumber", number, True)
        for transaction in block["transactions"]:
            place = transaction["transactionIndex"]
            by_number = door.ask("eth_getTransactionByBlockNumberAndIndex", number, place)
            by_hash = door.ask("eth_getTransactionByBlockHashAndIndex", block["hash"], place)
            assert door.ask("eth_getTransactionByHash", transaction["hash"]) == transaction
            assert by_number == by_hash == transaction


def test_a_place_beyond_the_last_transaction_is_empty(door: Door) -> None:
    assert door.ask("eth_getTransactionByBlockNumberAndIndex", "0x2", "0x3") is None
    assert door.ask("eth_getTransactionByBlockNumberAndIndex", "0x7f", "0x0") is None
    assert door.ask("eth_getTransactionByBlockHashAndIndex", UNKNOWN, "0x0") is None


def test_nothing_is_told_of_an_epoch_beyond_the_head(door: Door, cluster: MemoryCluster) -> None:
    found = next(mined for mined in cluster.mined.values() if mined.block.epoch == 2)
    wanted = keccak(found.entry.raw)
    cluster.mined[wanted] = found._replace(block=found.block._replace(epoch=Epoch(3)))
    assert door.ask("eth_getTransactionByHash", "0x" + wanted.hex()) is None
    assert door.ask("eth_getTransactionReceipt", "0x" + wanted.hex()) is None
