"""qp_*: what only a sharded chain has."""

from __future__ import annotations

import pytest

from quarkparsec.crypto.keccak import keccak
from quarkparsec.jsonrpc.node import BlockId
from quarkparsec.types import Address, Nonce, Recipient, ShardKey, Wei, home_key
from tests.jsonrpc.cluster import BOB, EVERYWHERE, TOKEN, Door, MemoryCluster, sign
from tests.state.words import new_account


def test_the_cluster_tells_its_shards_and_slaves(door: Door) -> None:
    cluster = door.ask("qp_getCluster")
    assert cluster["shardCount"] == "0x4"
    assert cluster["epoch"] == "0x2"
    assert [shard["shardId"] for shard in cluster["shards"]] == ["0x0", "0x1", "0x2", "0x3"]
    assert cluster["slaves"][1] == {"name": "slave-1", "connected": False}
    assert int(cluster["supply"], 16) == 10**24


def test_a_shard_block_tells_which_keys_its_transactions_ran_under(
    door: Door, cluster: MemoryCluster
) -> None:
    block = door.ask("qp_getShardBlock", 1, "0x1")
    assert block["shardId"] == "0x1"
    assert block["hash"] == "0x" + cluster.roots[1].summaries[1].block_hash.hex()
    (first, _) = block["transactions"]
    assert int(first["toShardKey"], 16) == home_key(BOB)


def test_the_epoch_is_the_latest_if_none_is_named(door: Door) -> None:
    assert door.ask("qp_getShardBlock", "0x3") == door.ask("qp_getShardBlock", "0x3", "0x2")


def test_a_shard_that_was_carried_over_has_no_block(door: Door) -> None:
    assert door.ask("qp_getShardBlock", "0x2", "0x1") is None
    assert door.ask("qp_getShardBlock", "0x1", "0x2") is None
    assert door.ask("qp_getShardBlock", "0x1", "0x7f") is None


def test_a_shard_that_does_not_exist_is_an_error(door: Door) -> None:
    error = {"code": -32602, "message": "no such shard: there are 4"}
    assert door.refusal("qp_getShardBlock", "0x4", "latest") == error


# --- addresses and keys

KEY = ShardKey(0x0A0B0C0D)


def text(recipient: bytes, key: int) -> str:
    return "0x" + Address(Recipient(recipient), ShardKey(key)).encode().hex()


def put(cluster: MemoryCluster) -> None:
    """BOB under KEY, nonce 3."""
    cluster.accounts[BOB] = new_account(KEY, Wei(7))._replace(nonce=Nonce(3))


def test_an_address_has_the_money_of_its_key_only(door: Door, cluster: MemoryCluster) -> None:
    put(cluster)
    assert door.ask("qp_getBalance", text(BOB, KEY), "latest") == "0x7"
    assert door.ask("qp_getBalance", text(BOB, KEY + 4)) == "0x0"
    assert door.ask("qp_getBalance", text(TOKEN, KEY)) == "0x0"


def test_the_nonce_is_the_entrys_and_pending_counts_the_pool(
    door: Door, cluster: MemoryCluster
) -> None:
    put(cluster)
    for key in (KEY, KEY + 4):
        assert door.ask("qp_getTransactionCount", text(BOB, key), "latest") == "0x3"
        assert door.ask("qp_getTransactionCount", text(BOB, key), "pending") == "0x3"
    assert door.ask("qp_getTransactionCount", text(TOKEN, KEY)) == "0x0"


def test_an_address_has_24_bytes(door: Door) -> None:
    words = "invalid argument 0: hex string has length 40, want 48"
    for method in ("qp_getBalance", "qp_getTransactionCount"):
        error = door.refusal(method, "0x" + BOB.hex())
        assert error == {"code": -32602, "message": words}


def test_a_recipient_is_found_under_its_key_and_in_its_shard(
    door: Door, cluster: MemoryCluster
) -> None:
    put(cluster)
    assert door.ask("qp_getAddress", "0x" + BOB.hex()) == {
        "address": text(BOB, KEY),
        "shardKey": "0xa0b0c0d",
        "shardId": "0x1",
    }
    home = door.ask("qp_getAddress", "0x" + TOKEN.hex())
    assert home["address"] == text(TOKEN, home_key(TOKEN))


def test_what_is_in_every_shard_has_no_address(door: Door) -> None:
    error = door.refusal("qp_getAddress", "0x" + EVERYWHERE.hex())
    assert error == {"code": -32000, "message": "it is in every shard and has no shard key"}


def test_a_random_key_is_what_the_machine_draws(door: Door, cluster: MemoryCluster) -> None:
    drawn = int.from_bytes(cluster.entropy()[:4], "big")
    chosen = door.ask("qp_chooseKey", "random")
    assert chosen == {"shardKey": hex(drawn), "shardId": hex(drawn % 4)}


def test_a_recipients_key_is_its_home_key(door: Door) -> None:
    chosen = door.ask("qp_chooseKey", "recipient", "0x" + BOB.hex())
    assert chosen == {"shardKey": hex(home_key(BOB)), "shardId": hex(home_key(BOB) % 4)}


def test_a_networks_key_is_that_of_the_caller(door: Door) -> None:
    door.network_address = "203.0.113.1"
    assert door.ask("qp_chooseKey", "network") == {"shardKey": "0x17100cb", "shardId": "0x3"}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), -32602, "missing value for required argument 0"),
        (("dice",), -32602, "invalid argument 0: expected one of random, recipient, network"),
        ((["random"],), -32602, "invalid argument 0: expected one of random, recipient, network"),
        (("recipient",), -32602, "missing value for required argument 1"),
        (("recipient", "0x1"), -32602, "invalid argument 1: hex string has length 1, want 40"),
        (("network",), -32000, "the caller's network address is not known"),
    ],
)
def test_a_key_is_not_chosen_by_what_is_no_choice(
    door: Door, arguments: tuple[object, ...], code: int, words: str
) -> None:
    door.network_address = ""
    error = door.refusal("qp_chooseKey", *arguments)
    assert error["code"] == code
    assert error["message"].startswith(words)


# --- tickets


def test_a_transaction_shows_its_place_in_the_serial_order(
    door: Door, cluster: MemoryCluster
) -> None:
    first = cluster.mined[keccak(cluster.blocks[_first_block(cluster)].entries[0].raw)]
    shown = door.ask("qp_getTicket", "0x" + keccak(first.entry.raw).hex())
    assert shown["status"] == "committed"
    assert shown["fingerprint"] == {
        "epoch": hex(first.block.epoch),
        "lane": "0x1",
        "n": "0x0",
    }
    assert shown["ticket"] is None


def test_a_transaction_that_waits_has_no_ticket_yet(door: Door, cluster: MemoryCluster) -> None:
    raw = sign(nonce=9)
    waiting = keccak(raw)
    door.ask("eth_sendRawTransaction", "0x" + raw.hex())
    assert waiting in cluster.waiting
    assert door.ask("qp_getTicket", "0x" + waiting.hex())["status"] == "pending"


def test_an_unknown_transaction_has_no_ticket(door: Door) -> None:
    assert door.ask("qp_getTicket", "0x" + bytes(32).hex()) is None


def _first_block(cluster: MemoryCluster) -> BlockId:
    return next(block_id for block_id, block in cluster.blocks.items() if block.entries)
