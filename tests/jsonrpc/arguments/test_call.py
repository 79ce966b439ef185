"""The transaction object of eth_call and eth_estimateGas, in every form that tools send."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.arguments.call import parse_call
from quarkparsec.limits import CALL_GAS_MAX

TO = "0x" + "70" * 20
SLOT = "0x" + "01" * 32
AUTHORIZATION = {
    "chainId": "0x0",
    "address": TO,
    "nonce": "0x1",
    "yParity": "0x1",
    "r": "0x2",
    "s": "0x3",
}


def test_nothing_at_all_is_a_call_of_nobody_without_fees() -> None:
    call = parse_call({})
    request = call.request
    assert call.chain_id is None
    assert (request.sender, request.to, request.data) == (bytes(20), None, b"")
    assert (request.value, request.max_fee_per_gas, request.gas_limit) == (0, 0, CALL_GAS_MAX)


@pytest.mark.parametrize(
    "members",
    [
        {"data": "0x1234"},
        {"input": "0x1234"},
        {"data": "0x1234", "input": "0x1234"},
        {"data": "0x1234", "input": None},
        {"data": "0xABcd", "input": "0xabCD"},
    ],
)
def test_data_and_input_mean_the_same(members: dict[str, object]) -> None:
    assert len(parse_call({"to": TO} | members).request.data) == 2


def test_data_and_input_must_not_contradict_each_other() -> None:
    with pytest.raises(InvalidInput, match='both "data" and "input" are set and not equal'):
        parse_call({"data": "0x12", "input": "0x34"})
    with pytest.raises(InvalidInput, match="both"):
        parse_call({"data": "0x12", "input": "0x"})


def test_what_web3js_and_ape_add_is_ignored() -> None:
    extras = {
        "chain": "mainnet",
        "hardfork": "prague",
        "networkId": 5,
        "type": "0x2",
        "nonce": "0x1",
    }
    assert parse_call({"to": TO} | extras) == parse_call({"to": TO})


def test_null_members_are_as_if_absent() -> None:
    names = ("from", "to", "gas", "gasPrice", "value", "accessList", "chainId", "data", "blobs")
    assert parse_call(dict.fromkeys(names)) == parse_call({})


def test_gas_is_capped() -> None:
    assert parse_call({"gas": "0xffffffffffffffff"}).request.gas_limit == CALL_GAS_MAX
    assert parse_call({"gas": "0x5208"}).request.gas_limit == 21_000


def test_a_gas_price_is_cap_and_tip_at_once() -> None:
    request = parse_call({"gasPrice": "0x5"}).request
    assert (request.max_fee_per_gas, request.max_priority_fee_per_gas) == (5, 5)
    request = parse_call({"maxFeePerGas": "0x5", "maxPriorityFeePerGas": "0x2"}).request
    assert (request.max_fee_per_gas, request.max_priority_fee_per_gas) == (5, 2)


def test_lists_are_read() -> None:
    request = parse_call(
        {
            "accessList": [{"address": TO, "storageKeys": [SLOT]}, {"address": TO}],
            "authorizationList": [AUTHORIZATION],
        }
    ).request
    recipient = bytes.fromhex(TO[2:])
    assert request.access_list == ((recipient, (b"\x01" * 32,)), (recipient, ()))
    assert request.authorizations == ((0, recipient, 1, 1, 2, 3),)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("0x", "expected an object"),
        ([], "expected an object"),
        ({"from": "0x12"}, "from: hex string has length 2, want 40"),
        ({"from": True}, "from: expected a hex string"),
        ({"gas": "21000"}, "gas: hex string without 0x prefix"),
        ({"value": "0x01"}, "value: hex number with leading zero digits"),
        ({"data": "0x1"}, "data: hex string of odd length"),
        ({"gasPrice": "0x1", "maxFeePerGas": "0x1"}, "both gasPrice and (maxFeePerGas or"),
        ({"maxFeePerGas": "0x1", "maxPriorityFeePerGas": "0x2"}, "maxFeePerGas (1) < maxPriority"),
        ({"blobVersionedHashes": []}, "transaction type not supported"),
        ({"accessList": {}}, "accessList: expected a list"),
        ({"accessList": [1]}, "accessList: expected an object"),
        ({"accessList": [{}]}, "accessList: missing required field 'address'"),
        ({"accessList": [{"address": TO, "storageKeys": ["0x1"]}]}, "accessList: hex string has"),
        ({"authorizationList": [{}]}, "authorizationList: missing required field 'chainId'"),
        ({"authorizationList": [AUTHORIZATION | {"r": 1}]}, "authorizationList: r: expected"),
    ],
)
def test_wrong_members_are_named(value: Any, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_call(value)
    assert str(caught.value).startswith(words)
