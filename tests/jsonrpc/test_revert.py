"""What a contract says when it reverts."""

from __future__ import annotations

import eth_abi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.jsonrpc.node import ContractElsewhere
from quarkparsec.jsonrpc.revert import revert_data, revert_words
from quarkparsec.types import Recipient, ShardKey
from tests.jsonrpc import execution_apis

ERROR = bytes.fromhex("08c379a0")
PANIC = bytes.fromhex("4e487b71")


@given(st.text(max_size=200))
def test_a_reason_is_told(reason: str) -> None:
    data = ERROR + eth_abi.encode(["string"], [reason])
    assert revert_words(data) == f"execution reverted: {reason}"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0x00, "generic panic"),
        (0x01, "assert(false)"),
        (0x11, "arithmetic underflow or overflow"),
        (0x12, "division or modulo by zero"),
        (0x21, "enum overflow"),
        (0x22, "invalid encoded storage byte array accessed"),
        (0x31, "out-of-bounds array access; popping on an empty array"),
        (0x32, "out-of-bounds access of an array or bytesN"),
        (0x41, "out of memory"),
        (0x51, "uninitialized function"),
        (0x99, "unknown panic code: 0x99"),
        (0x101, "unknown panic code: 0x101"),
    ],
)
def test_a_panic_is_explained(code: int, words: str) -> None:
    data = PANIC + eth_abi.encode(["uint256"], [code])
    assert revert_words(data) == f"execution reverted: {words}"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        ERROR,
        ERROR + bytes(31),
        ERROR + b"\xff" * 64,
        ERROR + eth_abi.encode(["string"], ["cut"])[:-32],
        PANIC,
        PANIC + bytes(31),
        b"\x12\x34\x56\x78" + bytes(64),
    ],
)
def test_data_that_say_nothing_are_not_explained(data: bytes) -> None:
    assert revert_words(data) == "execution reverted"


@pytest.mark.parametrize(
    ("returned", "told"),
    [(b"", ""), (ERROR + eth_abi.encode(["string"], ["no price"]), "no price; ")],
    ids=["no reason", "a reason"],
)
def test_who_could_not_be_seen_is_named_after_the_reason(returned: bytes, told: str) -> None:
    elsewhere = ContractElsewhere(Recipient(b"\xab" * 20), ShardKey(0x1F), ShardKey(0xFFFFFFF2))
    assert revert_words(returned, elsewhere) == (
        f"execution reverted: {told}0x{'ab' * 20} lives under shard key 0x0000001f, this call runs "
        'under 0xfffffff2; see "Where a contract lives" in the README'
    )


def test_empty_data_say_who_could_not_be_seen() -> None:
    elsewhere = ContractElsewhere(Recipient(b"\xab" * 20), ShardKey(0x1F), ShardKey(2))
    told = revert_data(b"", elsewhere)
    (reason,) = eth_abi.decode(["string"], told[4:])
    assert told == ERROR + eth_abi.encode(["string"], [reason])
    assert revert_words(told) == revert_words(b"", elsewhere)
    assert revert_data(b"\x12", elsewhere) == b"\x12"
    assert revert_data(b"") == b""


@given(st.binary(max_size=200), st.sampled_from([b"", ERROR, PANIC]))
def test_no_data_break_the_explanation(data: bytes, selector: bytes) -> None:
    assert revert_words(selector + data).startswith("execution reverted")


@execution_apis.needed
@pytest.mark.parametrize("name", ["call-revert-abi-error", "call-revert-abi-panic"])
def test_recorded_reverts_are_explained_alike(name: str) -> None:
    _, answer = execution_apis.conversation("eth_call", name)
    assert revert_words(bytes.fromhex(answer["error"]["data"][2:])) == answer["error"]["message"]
