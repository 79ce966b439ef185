"""Numbers, bytes and switches."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.arguments.scalars import (
    parse_bool,
    parse_bytes,
    parse_count,
    parse_hash,
    parse_recipient,
    parse_slot,
    parse_uint64,
    parse_uint256,
)
from quarkparsec.jsonrpc.rpc_error import RpcError
from tests.jsonrpc import execution_apis
from tests.jsonrpc.cluster import Door

WRONG_QUANTITIES: list[object] = [
    *[
        "",
        " ",
        "0",
        "1",
        "10",
        "-1",
        "+1",
        "x1",
        "0x",
        "0X1",
        "0x ",
        " 0x1",
        "0x1 ",
        "\t0x1",
        "0x1\n",
    ],
    *[
        "0x01",
        "0x00",
        "0x0001",
        "-0x1",
        "+0x1",
        "0x-1",
        "0x+1",
        "0x_1",
        "0x1_0",
        "0x1.0",
        "0x1e+1",
    ],
    *[
        "0x1 2",
        "0xg",
        "0x1h",
        "1x0",
        "0b1",
        "0o7",
        "00x1",
        "0x0x1",
        "0x١",
        "0x\uff11",
        "٠x1",
        "0x½",
        "0x²",
    ],
    *[
        "0x1\x00",
        "\x000x1",
        "\ufeff0x1",
        "0x\u200b1",
        "0x1\u0301",
        "latest",
        "null",
        "true",
        "NaN",
        "1e3",
    ],
    *[
        "0x" + "f" * 65,
        "0x1" + "0" * 64,
        "0x" + "0" * 1000,
        True,
        False,
        -1,
        1.0,
        1.5,
        [],
        {},
        ["0x1"],
    ],
    *[{"value": "0x1"}, b"0x1"],
]


@pytest.mark.parametrize("value", WRONG_QUANTITIES, ids=ascii)
@pytest.mark.parametrize("parse", [parse_uint64, parse_uint256, parse_count])
def test_no_other_spelling_of_a_number_is_accepted(
    parse: Callable[[object], int], value: object
) -> None:
    with pytest.raises(InvalidInput):
        parse(value)


def test_more_than_sixty_spellings_were_tried() -> None:
    assert len(set(map(repr, WRONG_QUANTITIES))) >= 60


@given(st.integers(0, 2**256 - 1))
def test_a_number_has_one_spelling(value: int) -> None:
    assert parse_uint256(hex(value)) == parse_uint256("0x" + hex(value)[2:].upper()) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty hex string"),
        ("12", "hex string without 0x prefix"),
        ("newest", "hex string without 0x prefix"),
        ("0x", 'hex string "0x"'),
        ("0x01", "hex number with leading zero digits"),
        ("0xzz", "invalid hex string"),
        ("0x1" + "0" * 16, "hex number > 64 bits"),
        (5, "expected a hex string"),
    ],
)
def test_a_wrong_number_is_explained_as_geth_does(text: object, words: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{words}$"):
        parse_uint64(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("12", "hex string without 0x prefix"),
        ("0x1", "hex string of odd length"),
        ("0xzz", "invalid hex string"),
        ("0x12 34", "hex string of odd length"),
        ("0x12 345", "invalid hex string"),
        ("0x 1234 ", "invalid hex string"),
        ("", "empty hex string"),
        (None, "expected a hex string"),
    ],
)
def test_wrong_bytes_are_explained_as_geth_does(text: object, words: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{words}$"):
        parse_bytes(text)


@given(st.binary(max_size=100))
def test_bytes_are_read_in_any_case(value: bytes) -> None:
    assert parse_bytes("0x" + value.hex()) == parse_bytes("0x" + value.hex().upper()) == value


def test_an_address_is_read_with_and_without_checksum() -> None:
    text = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    assert parse_recipient(text) == parse_recipient(text.lower()) == bytes.fromhex(text[2:])


@pytest.mark.parametrize("text", ["0x" + "z" * 40, "0x" + "1" * 39, "1" * 42, "0x" + "1" * 48])
def test_an_address_has_twenty_bytes(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_recipient(text)


def test_a_hash_has_32_bytes() -> None:
    assert parse_hash("0x" + "12" * 32) == b"\x12" * 32
    with pytest.raises(InvalidInput, match="hex string has length 62, want 64"):
        parse_hash("0x" + "12" * 31)


@pytest.mark.parametrize("text", ["0x", "0x0", "0x00", "0x" + "0" * 64])
def test_a_storage_key_may_be_short(text: str) -> None:
    assert parse_slot(text) == bytes(32)
    assert parse_slot("0xfF") == bytes(31) + b"\xff"


@pytest.mark.parametrize("text", ["", "1", "0x1g", "0x 1", "0x-1", "0x" + "0" * 65, "0x" * 10**6])
def test_a_wrong_storage_key_is_refused_with_a_short_answer(text: str) -> None:
    with pytest.raises(RpcError) as caught:
        parse_slot(text)
    assert caught.value.code == -32602
    assert len(caught.value.message) < 200


@execution_apis.needed
@pytest.mark.parametrize("name", ["get-storage-invalid-key", "get-storage-invalid-key-too-large"])
def test_recorded_refusals_of_storage_keys_are_the_same(door: Door, name: str) -> None:
    request, answer = execution_apis.conversation("eth_getStorageAt", name)
    assert door.request(request) == answer


def test_a_count_may_be_a_json_number() -> None:
    assert parse_count(5) == parse_count("0x5") == 5


@pytest.mark.parametrize("value", [0, 1, "true", "yes", [], {}])
def test_a_switch_is_a_boolean(value: object) -> None:
    assert parse_bool(True)
    assert not parse_bool(False)
    with pytest.raises(InvalidInput):
        parse_bool(value)
