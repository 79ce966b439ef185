"""web3_*: about the software."""

from __future__ import annotations

from tests.jsonrpc.cluster import Door


def test_the_client_says_its_name_and_version(door: Door) -> None:
    assert door.ask("web3_clientVersion") == "QuarkParsec/v0.1.0/test"


def test_sha3_is_keccak(door: Door) -> None:
    expected = "0x47173285a8d7341e5e972fc677286384f802f8ef42a5ec5f03bbfa254cb01fad"
    assert door.ask("web3_sha3", "0x68656c6c6f20776f726c64") == expected
    assert door.refusal("web3_sha3", "hello")["code"] == -32602
