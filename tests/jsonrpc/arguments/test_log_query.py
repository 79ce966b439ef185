"""The filter object of eth_getLogs."""

from __future__ import annotations

import pytest

from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.arguments.block import Tag
from quarkparsec.jsonrpc.arguments.log_query import parse_log_query
from quarkparsec.limits import LOG_FILTER_ITEMS_MAX

A, B = "0x" + "aa" * 20, "0x" + "bb" * 20
T, U = "0x" + "01" * 32, "0x" + "02" * 32
TOPIC, OTHER = b"\x01" * 32, b"\x02" * 32


def test_nothing_at_all_is_everything_in_the_latest_block() -> None:
    query = parse_log_query({})
    assert (query.block_hash, query.first, query.last) == (None, Tag.LATEST, Tag.LATEST)
    assert query.wanted == (frozenset(), ())


@pytest.mark.parametrize(
    ("value", "count"), [(None, 0), ([], 0), (A, 1), ([A], 1), ([A, B], 2), ([A, A], 1)]
)
def test_there_may_be_no_one_or_many_addresses(value: object, count: int) -> None:
    assert len(parse_log_query({"address": value}).wanted.recipients) == count


@pytest.mark.parametrize(
    ("topics", "expected"),
    [
        (None, ()),
        ([], ()),
        ([T], (frozenset({TOPIC}),)),
        ([None, T], (None, frozenset({TOPIC}))),
        ([[T, U]], (frozenset({TOPIC, OTHER}),)),
        ([[], T], (None, frozenset({TOPIC}))),
        ([[T, None]], (None,)),
    ],
)
def test_each_position_has_no_one_or_many_topics(topics: object, expected: object) -> None:
    assert parse_log_query({"topics": topics}).wanted.topics == expected


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("0x", "expected an object"),
        ({"blockHash": T, "fromBlock": "0x1"}, "cannot specify both BlockHash and FromBlock"),
        ({"blockHash": T, "toBlock": "latest"}, "cannot specify both BlockHash and FromBlock"),
        ({"blockHash": A}, "hex string has length 40, want 64"),
        ({"fromBlock": 1}, "expected a hex string"),
        ({"address": [[A]]}, "expected a hex string"),
        ({"address": [A] * (LOG_FILTER_ITEMS_MAX + 1)}, "exceed max addresses"),
        ({"topics": [[T] * (LOG_FILTER_ITEMS_MAX + 1)]}, "exceed max topics"),
        ({"topics": [T] * 5}, "exceed max topics"),
        ({"topics": T}, "expected a list of topics"),
        ({"topics": [A]}, "hex string has length 40, want 64"),
        ({"topics": [[[T]]]}, "expected a hex string"),
    ],
)
def test_wrong_filters_are_refused(value: object, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_log_query(value)
    assert str(caught.value).startswith(words)
