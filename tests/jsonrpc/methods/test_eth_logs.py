"""eth_getLogs."""

from __future__ import annotations

import pytest

from quarkparsec.limits import LOG_RANGE_BLOCKS_MAX, LOG_RESULTS_MAX
from tests.jsonrpc import execution_apis
from tests.jsonrpc.cluster import TOKEN, TRANSFER, Did, Door, MemoryCluster, sign, transfer_log

TOPIC = "0x" + TRANSFER.hex()
NOBODY = "0x" + "00" * 32


def amounts(door: Door, **query: object) -> list[int]:
    """The amounts in the logs that are found."""
    return [int(log["data"], 16) for log in door.ask("eth_getLogs", query)]


def test_without_a_range_the_latest_block_is_searched(door: Door) -> None:
    assert amounts(door) == [3, 4, 5]


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("earliest", "latest", [1, 2, 3, 4, 5]),
        ("0x0", "0x1", [1, 2]),
        ("0x1", "0x1", [1, 2]),
        ("0x2", "0x2", [3, 4, 5]),
        ("0x0", "0x0", []),
        ("0x1", "pending", [1, 2, 3, 4, 5]),
        ("latest", "latest", [3, 4, 5]),
        ("0x3", "latest", []),
    ],
)
def test_a_range_is_searched_in_the_clusters_order(
    door: Door, first: str, last: str, found: list[int]
) -> None:
    assert amounts(door, fromBlock=first, toBlock=last) == found


def test_one_block_is_searched_by_its_hash(door: Door) -> None:
    block_hash = door.ask("eth_getBlockByNumber", "0x1", False)["hash"]
    assert amounts(door, blockHash=block_hash) == [1, 2]
    error = {"code": -32000, "message": "unknown block"}
    assert door.refusal("eth_getLogs", {"blockHash": NOBODY}) == error


@pytest.mark.parametrize(
    ("topics", "matches"),
    [
        ([], True),
        ([TOPIC], True),
        ([None, NOBODY], True),
        ([[NOBODY, TOPIC]], True),
        ([NOBODY], False),
        ([TOPIC, TOPIC], False),
        ([None, None, None, None], False),
    ],
)
def test_topics_are_matched_position_by_position(
    door: Door, topics: list[object], matches: bool
) -> None:
    assert bool(amounts(door, topics=topics)) is matches


def test_only_the_contracts_that_are_named_are_found(door: Door) -> None:
    assert amounts(door, address="0x" + TOKEN.hex()) == [3, 4, 5]
    assert amounts(door, address=["0x" + "99" * 20]) == []


def test_a_range_beyond_the_head_is_refused(door: Door) -> None:
    error = {"code": -32602, "message": "block range extends beyond current head block"}
    assert door.refusal("eth_getLogs", {"fromBlock": "0x0", "toBlock": "0x3"}) == error


def test_a_range_that_is_too_wide_is_refused(door: Door, cluster: MemoryCluster) -> None:
    cluster.roots += [cluster.roots[-1]] * LOG_RANGE_BLOCKS_MAX
    width = {"fromBlock": "0x0", "toBlock": hex(LOG_RANGE_BLOCKS_MAX)}
    cluster.roots[-1] = cluster.seal({})
    object.__setattr__(cluster.roots[-1].header, "number", LOG_RANGE_BLOCKS_MAX)
    assert door.refusal("eth_getLogs", width)["code"] == -32005
    assert len(door.ask("eth_getLogs", width | {"fromBlock": "0x1"})) == 5


def test_more_logs_than_one_answer_holds_are_refused(door: Door, cluster: MemoryCluster) -> None:
    cluster.seal({1: [Did(sign(nonce=6), logs=(transfer_log(),) * (LOG_RESULTS_MAX + 1))]})
    error = {"code": -32005, "message": "query returned more than 10000 results"}
    assert door.refusal("eth_getLogs", {}) == error


@execution_apis.needed
@pytest.mark.parametrize(
    "name",
    [
        "filter-error-future-block-range",
        "filter-error-invalid-blockHash-and-range",
        "filter-error-reversed-block-range",
    ],
)
def test_recorded_refusals_of_ranges_are_the_same(door: Door, name: str) -> None:
    request, answer = execution_apis.conversation("eth_getLogs", name)
    assert door.request(request) == answer
