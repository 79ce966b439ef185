"""A fingerprint has three members, and each has to be a number that can be one."""

from __future__ import annotations

import pytest

from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.arguments.fingerprint import parse_fingerprint
from quarkparsec.jsonrpc.views.fingerprint import fingerprint_view
from quarkparsec.types import Epoch, Fingerprint

WHOLE = {"epoch": "0x9", "lane": "0x2", "n": "0x10"}


def test_what_is_shown_can_be_given_back() -> None:
    fingerprint = Fingerprint(Epoch(9), 2, 16)
    assert fingerprint_view(fingerprint) == WHOLE
    assert parse_fingerprint(WHOLE) == fingerprint
    assert parse_fingerprint({"epoch": 9, "lane": 2, "n": 16}) == fingerprint


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("0x9", "expected an object with epoch, lane and n"),
        (["0x9", "0x2", "0x10"], "expected an object with epoch, lane and n"),
        ({}, "a fingerprint without epoch"),
        ({**WHOLE, "n": None}, "a fingerprint without n"),
        ({"epoch": 9, "lane": 2}, "a fingerprint without n"),
        ({**WHOLE, "shardId": "0x1"}, "a fingerprint has epoch, lane and n, and no 'shardId'"),
        ({**WHOLE, "x" * 999: 1}, f"a fingerprint has epoch, lane and n, and no '{'x' * 80}'"),
        ({**WHOLE, "epoch": "9"}, "epoch: hex string without 0x prefix"),
        ({**WHOLE, "epoch": -1}, "epoch: expected a hex string"),
        ({**WHOLE, "epoch": True}, "epoch: expected a hex string"),
        ({**WHOLE, "n": 1.0}, "n: expected a hex string"),
        ({**WHOLE, "n": "0x1" + "0" * 16}, "n: hex number > 64 bits"),
        ({**WHOLE, "lane": "0x01"}, "lane: hex number with leading zero digits"),
        ({**WHOLE, "lane": 0}, "no transactions are executed in lane 0, only in 1, 2 and 3"),
        ({**WHOLE, "lane": 4}, "no transactions are executed in lane 4, only in 1, 2 and 3"),
    ],
)
def test_what_is_no_fingerprint_is_refused_with_the_reason(value: object, words: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_fingerprint(value)
    assert str(refusal.value) == words
