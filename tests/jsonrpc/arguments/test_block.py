"""Which block a client means."""

from __future__ import annotations

import asyncio

import pytest

from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.arguments.block import Tag, parse_block, parse_height, resolve_epoch
from quarkparsec.jsonrpc.rpc_error import RpcError
from tests.jsonrpc.cluster import Door, MemoryCluster

HASH = "0x" + "ab" * 32


@pytest.mark.parametrize("text", ["latest", "safe", "finalized", "pending"])
def test_tags_move_with_the_head(text: str) -> None:
    assert parse_height(text) is (Tag.PENDING if text == "pending" else Tag.LATEST)


def test_earliest_is_genesis() -> None:
    assert parse_height("earliest") == parse_height("0x0") == 0


@pytest.mark.parametrize(
    "value", ["newest", "Latest", "latest ", "", "1", 1, "0x01", "0x" + "f" * 17, None, [], True]
)
def test_other_names_of_blocks_are_refused(value: object) -> None:
    with pytest.raises(InvalidInput):
        parse_block(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (HASH, b"\xab" * 32),
        ({"blockHash": HASH}, b"\xab" * 32),
        ({"blockHash": HASH, "requireCanonical": True}, b"\xab" * 32),
        ({"blockHash": HASH, "blockNumber": None}, b"\xab" * 32),
        ({"blockNumber": "0x5"}, 5),
        ({"blockNumber": "latest"}, Tag.LATEST),
    ],
)
def test_a_block_may_be_named_by_hash_or_object(value: object, expected: object) -> None:
    assert parse_block(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"blockHash": HASH, "blockNumber": "0x1"},
        {"blockHash": "0x12"},
        {"blockNumber": 5},
        {"blockHash": HASH, "requireCanonical": "yes"},
        "0x" + "zz" * 32,
    ],
)
def test_wrong_objects_are_refused(value: object) -> None:
    with pytest.raises(InvalidInput):
        parse_block(value)


def test_every_way_to_name_the_head_resolves_to_it(cluster: MemoryCluster) -> None:
    head = cluster.head()
    for block in (Tag.LATEST, Tag.PENDING, head.number, head.hash):
        assert asyncio.run(resolve_epoch(cluster, block)) == head.number


def test_an_older_block_resolves_to_its_number(cluster: MemoryCluster) -> None:
    for block in (1, cluster.roots[1].hash):
        assert asyncio.run(resolve_epoch(cluster, block)) == 1


@pytest.mark.parametrize(
    ("block", "words"), [(3, "header not found"), (bytes(32), "header for hash not found")]
)
def test_state_of_an_unknown_block_is_an_error(
    cluster: MemoryCluster, block: int | bytes, words: str
) -> None:
    with pytest.raises(RpcError, match=f"^{words}$"):
        asyncio.run(resolve_epoch(cluster, block))


def test_an_unknown_block_itself_is_null(door: Door) -> None:
    assert door.ask("eth_getBlockByNumber", "0x3", True) is None
    assert door.ask("eth_getBlockByHash", HASH, True) is None
