"""admin_*: what an operator asks, what begins, and in which words nonsense is refused."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.jsonrpc.methods.admin import ADMIN_METHODS
from quarkparsec.jsonrpc.methods.table import METHODS
from quarkparsec.types import ShardId
from quarkparsec.wire.moves import Stage
from quarkparsec.wire.operations import (
    AddSlave,
    DrainView,
    Moves,
    MoveShard,
    MoveView,
    ReadMoves,
    RemoveSlave,
)
from tests.jsonrpc.cluster import Door
from tests.jsonrpc.operated_cluster import OperatedCluster

INVALID_PARAMS, REFUSED, NOT_FOUND = -32602, -32000, -32601

BAD_NAME = "a slave's name has letters, digits, dots, dashes and underscores"
BAD_HOST = "neither a host's name nor its address"
BAD_PORT = "a port is a number from 1 to 65535"


@pytest.fixture
def cluster() -> OperatedCluster:
    return OperatedCluster()


@pytest.fixture
def door(cluster: OperatedCluster) -> Door:
    """The admin port's."""
    return Door(cluster, methods=ADMIN_METHODS)


# --- what is granted


def test_the_status_is_the_clusters_with_the_version_and_nothing_on_its_way(
    door: Door, cluster: OperatedCluster
) -> None:
    status = door.ask("admin_status")
    assert status == {
        **Door(cluster).ask("qp_getCluster"),
        "version": cluster.client_version,
        "moves": [],
        "leaving": None,
    }
    assert cluster.asked == [ReadMoves()]


def test_a_split_is_answered_with_the_block_that_does_it(
    door: Door, cluster: OperatedCluster
) -> None:
    cluster.seal({0: []})
    assert door.ask("admin_reshard", 8) == {"epoch": "0x2", "shardCount": "0x8"}
    assert door.ask("admin_reshard", "0x8") == {"epoch": "0x2", "shardCount": "0x8"}


def test_a_move_is_answered_with_what_begins(door: Door, cluster: OperatedCluster) -> None:
    begun = {
        "moves": [
            {
                "shardId": "0x2",
                "from": "slave-0",
                "to": "slave-1",
                "stage": "copying",
                "rows": "0x0",
                "bytes": "0x0",
                "totalBytes": "0x0",
                "milliseconds": "0x0",
            }
        ],
        "leaving": None,
    }
    assert door.ask("admin_moveShard", 2, "slave-1") == begun
    assert cluster.asked == [MoveShard(ShardId(2), "slave-1")]
    status = door.ask("admin_status")
    assert {name: status[name] for name in begun} == begun


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "fe80::1%eth0", "machine-7.example.org"])
def test_a_slave_is_added_with_the_place_where_it_listens(
    door: Door, cluster: OperatedCluster, host: str
) -> None:
    answer = door.ask("admin_addSlave", "slave-2", host, "0xffff")
    assert answer == {"moves": [], "leaving": None}
    assert cluster.asked == [AddSlave("slave-2", host, 65_535)]


def test_a_slave_is_removed_by_moving_its_first_shard(
    door: Door, cluster: OperatedCluster
) -> None:
    answer = door.ask("admin_removeSlave", "slave-1")
    assert answer["leaving"] == {"slave": "slave-1", "stage": "moving its shards"}
    assert [(move["shardId"], move["to"]) for move in answer["moves"]] == [("0x1", "slave-0")]
    assert cluster.asked == [RemoveSlave("slave-1")]


def test_the_load_is_told_shard_by_shard(door: Door) -> None:
    loads = door.ask("admin_getLoad")
    assert [load["shardId"] for load in loads] == ["0x0", "0x1", "0x2", "0x3"]
    assert loads[3] == {"shardId": "0x3", "transactions": "0x1e", "bytes": "0xbb8"}


# --- how moves and leaving slaves are told


def test_a_move_tells_how_much_has_come_and_since_when(
    door: Door, cluster: OperatedCluster
) -> None:
    way = MoveView(ShardId(1), "a", "b", Stage.CATCHING_UP, "", 10, 300, 4_096, 5_000, 5_255)
    cluster.told = Moves([way], None)
    (told,) = door.ask("admin_status")["moves"]
    assert told["stage"] == "catching up"
    sizes = [told[name] for name in ("rows", "bytes", "totalBytes", "milliseconds")]
    assert sizes == ["0xa", "0x12c", "0x1000", "0xff"]
    assert "error" not in told


def test_what_failed_says_why(door: Door, cluster: OperatedCluster) -> None:
    failed = MoveView(ShardId(1), "a", "b", Stage.FAILED, "b is gone", 0, 0, 0, 0, 0)
    cluster.told = Moves([failed], DrainView("a", is_over=True, words="b is gone"))
    status = door.ask("admin_status")
    assert status["moves"][0]["error"] == "b is gone"
    assert status["leaving"] == {"slave": "a", "stage": "failed", "error": "b is gone"}


def test_a_slave_that_has_left_is_gone(door: Door, cluster: OperatedCluster) -> None:
    cluster.told = Moves([], DrainView("a", is_over=True, words=""))
    assert door.ask("admin_status")["leaving"] == {"slave": "a", "stage": "gone"}


# --- what is refused


def check_refused(cluster: OperatedCluster, refusal: Any, code: int, words: str) -> None:
    """Refused so, and nobody was asked."""
    assert refusal["code"] == code
    assert refusal["message"].startswith(words)
    assert cluster.asked == []


@pytest.mark.parametrize(
    ("method", "arguments", "words"),
    [
        ("admin_status", [1], "too many arguments, want at most 0"),
        ("admin_getLoad", [0], "too many arguments, want at most 0"),
        ("admin_reshard", [], "missing value for required argument 0"),
        ("admin_reshard", [-8], "invalid argument 0: expected a hex string"),
        ("admin_reshard", [8.0], "invalid argument 0: expected a hex string"),
        ("admin_reshard", [True], "invalid argument 0: expected a hex string"),
        ("admin_reshard", ["8"], "invalid argument 0: hex string without 0x prefix"),
        ("admin_moveShard", [0], "missing value for required argument 1"),
        ("admin_moveShard", [-1, "slave-1"], "invalid argument 0: expected a hex string"),
        ("admin_moveShard", ["0x00", "slave-1"], "invalid argument 0: hex number with leading"),
        ("admin_moveShard", [hex(2**64), "slave-1"], "invalid argument 0: hex number > 64 bits"),
        ("admin_moveShard", [0, 1], f"invalid argument 1: {BAD_NAME}"),
        ("admin_moveShard", [0, "../slave-1"], f"invalid argument 1: {BAD_NAME}"),
        ("admin_addSlave", ["slave-2", "localhost"], "missing value for required argument 2"),
        ("admin_addSlave", ["", "localhost", 9002], f"invalid argument 0: {BAD_NAME}"),
        ("admin_addSlave", [".", "localhost", 9002], f"invalid argument 0: {BAD_NAME}"),
        ("admin_addSlave", ["s" * 65, "localhost", 9002], f"invalid argument 0: {BAD_NAME}"),
        ("admin_addSlave", ["slave-2\n", "localhost", 9002], f"invalid argument 0: {BAD_NAME}"),
        ("admin_addSlave", ["slave-2", "", 9002], f"invalid argument 1: {BAD_HOST}"),
        ("admin_addSlave", ["slave-2", "a host", 9002], f"invalid argument 1: {BAD_HOST}"),
        ("admin_addSlave", ["slave-2", "a/b", 9002], f"invalid argument 1: {BAD_HOST}"),
        ("admin_addSlave", ["slave-2", "h" * 254, 9002], f"invalid argument 1: {BAD_HOST}"),
        ("admin_addSlave", ["slave-2", ["localhost"], 9002], f"invalid argument 1: {BAD_HOST}"),
        ("admin_addSlave", ["slave-2", "localhost", 0], f"invalid argument 2: {BAD_PORT}"),
        ("admin_addSlave", ["slave-2", "localhost", 65_536], f"invalid argument 2: {BAD_PORT}"),
        ("admin_addSlave", ["slave-2", "localhost", -1], "invalid argument 2: expected a hex"),
        (
            "admin_addSlave",
            ["slave-2", "localhost", "9002"],
            "invalid argument 2: hex string with",
        ),
        ("admin_removeSlave", [None], "missing value for required argument 0"),
        ("admin_removeSlave", [{}], f"invalid argument 0: {BAD_NAME}"),
        ("admin_removeSlave", ["slave 1"], f"invalid argument 0: {BAD_NAME}"),
    ],
)
def test_what_is_malformed_reaches_nobody(
    door: Door, cluster: OperatedCluster, method: str, arguments: list[Any], words: str
) -> None:
    refusal = door.refusal(method, *arguments)
    check_refused(cluster, refusal, INVALID_PARAMS, words)


@pytest.mark.parametrize(
    ("method", "arguments", "words"),
    [
        ("admin_reshard", [0], "0 is no power of two"),
        ("admin_reshard", [5], "5 is no power of two"),
        ("admin_reshard", [4], "4 shards can be split into 8 only"),
        ("admin_reshard", [16], "4 shards can be split into 8 only"),
        ("admin_moveShard", [4, "slave-1"], "there is no shard 4: there are 4"),
        ("admin_moveShard", [2**64 - 1, "slave-1"], f"there is no shard {2**64 - 1}: there are 4"),
        ("admin_moveShard", [0, "nobody"], "there is no slave nobody; admin_addSlave makes one"),
        ("admin_moveShard", [0, "slave-0"], "shard 0 is on slave-0 already"),
        ("admin_addSlave", ["slave-1", "localhost", 1], "there is a slave slave-1 already"),
        ("admin_addSlave", ["x", "127.0.0.1", 9001], "another slave listens on 127.0.0.1:9001"),
        ("admin_removeSlave", ["nobody"], "there is no slave nobody"),
    ],
)
def test_what_makes_no_sense_is_refused_in_the_masters_words(
    door: Door, cluster: OperatedCluster, method: str, arguments: list[Any], words: str
) -> None:
    refusal = door.refusal(method, *arguments)
    check_refused(cluster, refusal, REFUSED, words)


def test_one_shard_moves_at_a_time(door: Door) -> None:
    door.ask("admin_moveShard", 2, "slave-1")
    busy = {"code": REFUSED, "message": "shard 2 is moving to slave-1: one move at a time"}
    assert door.refusal("admin_moveShard", 1, "slave-0") == busy
    assert door.refusal("admin_removeSlave", "slave-0") == busy


@pytest.mark.parametrize("name", ADMIN_METHODS)
def test_the_public_port_knows_none_of_them(cluster: OperatedCluster, name: str) -> None:
    assert Door(cluster, methods=METHODS).refusal(name)["code"] == NOT_FOUND
