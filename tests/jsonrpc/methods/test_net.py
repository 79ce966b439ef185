"""net_*: about the network."""

from __future__ import annotations

from tests.jsonrpc.cluster import Door


def test_the_network_id_is_the_chain_id_in_decimal(door: Door) -> None:
    assert door.ask("net_version") == "20803"


def test_peers_are_the_connected_slaves(door: Door) -> None:
    assert door.ask("net_peerCount") == "0x1"
    assert door.ask("net_listening") is True
