"""Positional arguments."""

from __future__ import annotations

import pytest

from quarkparsec.jsonrpc.arguments.argument import Argument, read_arguments
from quarkparsec.jsonrpc.arguments.scalars import parse_recipient, parse_uint64
from quarkparsec.jsonrpc.rpc_error import RpcError

ARGUMENTS = (Argument("address", parse_recipient), Argument("count", parse_uint64, 7))
ADDRESS = "0x" + "ab" * 20


@pytest.mark.parametrize("rest", [[], [None]])
def test_what_is_missing_or_null_takes_its_default(rest: list[object]) -> None:
    assert read_arguments(ARGUMENTS, [ADDRESS, *rest]) == [bytes.fromhex("ab" * 20), 7]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (None, "missing value for required argument 0"),
        ([], "missing value for required argument 0"),
        ([None, "0x1"], "missing value for required argument 0"),
        ([ADDRESS, "1"], "invalid argument 1: hex string without 0x prefix"),
        (["0x12", "0x1"], "invalid argument 0: hex string has length 2, want 40"),
        ([ADDRESS, "0x1", None], "too many arguments, want at most 2"),
        ({}, "non-array args"),
        ("", "non-array args"),
        (0, "non-array args"),
    ],
)
def test_wrong_arguments_are_refused_in_geths_words(params: object, words: str) -> None:
    with pytest.raises(RpcError) as caught:
        read_arguments(ARGUMENTS, params)
    assert (caught.value.code, caught.value.message) == (-32602, words)
