"""Whatever comes in, an answer goes out, and it's never "internal error"."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.jsonrpc.methods.table import METHODS
from tests.jsonrpc.cluster import (
    ALICE,
    TOKEN,
    TRANSFER,
    Did,
    Door,
    MemoryCluster,
    sign,
    transfer_log,
)

ADDRESS = "0x" + TOKEN.hex()
HASH = "0x" + TRANSFER.hex()
CALL_MEMBERS = [
    *["from", "to", "gas", "gasPrice", "value", "data", "input", "accessList", "chainId", "nonce"],
    *["maxFeePerGas", "maxPriorityFeePerGas", "authorizationList", "blobs", "address", "topics"],
    *["fromBlock", "toBlock", "blockHash", "blockNumber", "requireCanonical", "storageKeys"],
]

words = st.sampled_from(
    [
        *["latest", "pending", "earliest", "newest", "", "0x", "0x0", "0x1", "0x2", "0x3", "0x01"],
        *[
            "0xffffffffffffffff",
            "0x1" + "0" * 64,
            ADDRESS,
            ALICE.address,
            HASH,
            ADDRESS[2:],
            "0xé",
        ],
        *["0x" + "0" * 47, "0x" + sign(nonce=6).hex(), "0x02c0", "0xf8", "\x00", "0x0x", "-0x1"],
    ]
)
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | words | st.text(max_size=8)
names = st.sampled_from(CALL_MEMBERS) | st.text(max_size=4)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=12,
)
method_names = st.sampled_from([*METHODS, "eth_noSuchMethod", ""])
messages = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0"), "method": method_names},
    optional={"id": values, "params": st.lists(values, max_size=4) | values},
)


@pytest.fixture(scope="module")
def busy() -> Door:
    """A door to a cluster with something to find."""
    cluster = MemoryCluster()
    cluster.seal({1: [Did(sign(), logs=(transfer_log(),))], 2: [Did(sign(nonce=1))]})
    cluster.seal({0: [Did(sign(nonce=2, gasPrice=10**10))]})
    return Door(cluster)


def check(door: Door, body: bytes) -> None:
    """The answer is silence or well-formed, and nothing was our fault."""
    answer = door.answer(body)
    assert not door.faults
    parsed = orjson.loads(answer) if answer else []
    for each in parsed if isinstance(parsed, list) else [parsed]:
        assert each["jsonrpc"] == "2.0"
        assert ("result" in each) != ("error" in each)
        assert each.get("error", {}).get("code") != -32603


@given(messages)
def test_no_arguments_are_our_fault(busy: Door, message: dict[str, Any]) -> None:
    check(busy, orjson.dumps(message))


@given(st.lists(messages | values, max_size=6))
def test_no_batch_is_our_fault(busy: Door, batch: list[Any]) -> None:
    check(busy, orjson.dumps(batch))


@given(st.binary(max_size=64))
def test_no_bytes_are_our_fault(busy: Door, body: bytes) -> None:
    check(busy, body)


@given(messages, st.data())
def test_no_damage_to_a_request_is_our_fault(
    busy: Door, message: dict[str, Any], data: st.DataObject
) -> None:
    body = orjson.dumps(message)
    start = data.draw(st.integers(0, len(body)))
    stop = data.draw(st.integers(start, len(body)))
    insertion = data.draw(
        st.binary(max_size=4) | st.sampled_from([b"[", b"}", b'"', b"\\", b"null"])
    )
    check(busy, body[:start] + insertion + body[stop:])


@pytest.mark.parametrize("name", METHODS)
@given(data=st.data())
def test_no_argument_of_the_right_shape_is_our_fault(
    busy: Door, name: str, data: st.DataObject
) -> None:
    count = len(METHODS[name].arguments)
    params = data.draw(st.lists(values, min_size=count, max_size=count))
    check(busy, orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": name, "params": params}))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" + b"[]," * 200_000 + b"[]]",
        b"[" + b"1," * 99_999 + b"1]",
        b'{"jsonrpc":"2.0","id":1,"method":"' + b"x" * 500_000 + b'"}',
        b'{"jsonrpc":"2.0","id":"' + b"x" * 500_000 + b'","method":"eth_chainId"}',
        b'{"jsonrpc":"2.0","id":1,"method":"web3_sha3","params":["0x' + b"0" * 500_000 + b'"]}',
        b'{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x' + b"1" * 10**6 + b'"]}',
        b'{"jsonrpc":"2.0","id":1,"id":2,"method":"eth_chainId"}',
        b'{"jsonrpc":"2.0","id":1e400,"method":"eth_chainId"}',
        b'{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"eth_chainId"}',
        b'{"jsonrpc":"2.0","id":1,"method":"eth_feeHistory","params":[18446744073709551615,"latest"]}',
    ],
    ids=lambda body: ascii(body[:40]),
)
def test_no_bomb_is_our_fault(busy: Door, body: bytes) -> None:
    check(busy, body)
