"""Blocks as clients see them."""

from __future__ import annotations

from quarkparsec.chain.block import Entry, RootBlock, ShardBlock, ShardSummary
from quarkparsec.chain.header import Header
from quarkparsec.chain.legs import NO_LEGS
from quarkparsec.jsonrpc.views.block import block_view
from quarkparsec.types import Recipient, ShardId, ShardKey, Wei
from tests.jsonrpc import execution_apis
from tests.jsonrpc.cluster import Door, MemoryCluster


@execution_apis.needed
def test_a_recorded_block_looks_the_same_member_by_member_even_its_size() -> None:
    _, answer = execution_apis.conversation("eth_getBlockByNumber", "get-block-prague-fork")
    number = int(answer["result"]["number"], 16)
    header_bytes, raws = list(execution_apis.blocks())[number - 1]
    header = Header.decode(header_bytes)
    entries = tuple(Entry(raw, Recipient(bytes(20)), ShardKey(0)) for raw in raws)
    summary = ShardSummary(ShardId(0), header_bytes, len(raws), 0, Wei(0), Wei(0), ())
    block = RootBlock(header, (summary,), (ShardId(0),), 1, Wei(0), Wei(0))
    view = block_view(block, [ShardBlock(header, entries, NO_LEGS, Wei(0))], full=False)
    assert view == answer["result"]


def test_a_block_shows_the_transactions_of_all_participants_in_shard_order(
    door: Door, cluster: MemoryCluster
) -> None:
    block = door.ask("eth_getBlockByNumber", "0x1", True)
    shown = [transaction["hash"] for transaction in block["transactions"]]
    places = {
        "0x" + transaction_hash.hex(): (mined.block.shard_id, mined.transaction_index)
        for transaction_hash, mined in cluster.mined.items()
        if mined.block.epoch == 1
    }
    assert shown == sorted(places, key=places.__getitem__)
    assert [int(each["transactionIndex"], 16) for each in block["transactions"]] == [0, 1, 2]


def test_hashes_and_full_transactions_tell_of_the_same(door: Door) -> None:
    hashes = door.ask("eth_getBlockByNumber", "0x2", False)
    full = door.ask("eth_getBlockByNumber", "0x2", True)
    assert hashes["transactions"] == [each["hash"] for each in full["transactions"]]
    assert hashes | {"transactions": None} == full | {"transactions": None}


def test_a_blocks_hash_is_the_root_blocks(door: Door, cluster: MemoryCluster) -> None:
    assert (
        door.ask("eth_getBlockByNumber", "0x1", False)["hash"]
        == "0x" + cluster.roots[1].hash.hex()
    )
