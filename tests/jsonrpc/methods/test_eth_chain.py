"""eth_*: about the chain as a whole."""

from __future__ import annotations

from tests.jsonrpc.cluster import CHAIN_ID, Door, MemoryCluster
from tests.jsonrpc.headers import COINBASE


def test_the_chain_id_is_the_clusters(door: Door) -> None:
    assert int(door.ask("eth_chainId"), 16) == CHAIN_ID


def test_the_block_number_follows_the_head(door: Door, cluster: MemoryCluster) -> None:
    assert door.ask("eth_blockNumber") == "0x2"
    cluster.seal({})
    assert door.ask("eth_blockNumber") == "0x3"


def test_a_node_never_syncs_and_owns_no_accounts(door: Door) -> None:
    assert door.ask("eth_syncing") is False
    assert door.ask("eth_accounts") == []


def test_the_coinbase_is_that_of_the_head(door: Door) -> None:
    assert door.ask("eth_coinbase") == "0x" + COINBASE.hex()
