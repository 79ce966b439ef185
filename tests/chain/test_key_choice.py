"""Near networks meet, and every address has a key."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.chain.key_choice import network_key, random_key
from quarkparsec.errors import InvalidInput
from quarkparsec.types import SHARD_KEY_MAX, shard_of


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", 0x010200C0),
        ("::ffff:192.0.2.1", 0x010200C0),
        ("2a00:1450:4001::1", 0x5014002A),
        ("fe80::1%eth0", 0x000080FE),
        ("::1", 0),
    ],
)
def test_the_first_byte_of_an_address_is_the_lowest_of_the_key(address: str, key: int) -> None:
    assert network_key(address) == key


@given(st.ip_addresses(v=4), st.integers(0, 8))
def test_networks_that_share_their_first_byte_share_a_shard(
    address: IPv4Address, bits: int
) -> None:
    shard = shard_of(network_key(str(address)), 1 << bits)
    assert shard == address.packed[0] % (1 << bits)


@given(st.ip_addresses(v=6))
def test_every_address_has_a_key(address: IPv6Address) -> None:
    assert 0 <= network_key(str(address)) <= SHARD_KEY_MAX


@pytest.mark.parametrize("address", ["", "unix:", "192.0.2", "192.0.2.1:80", "localhost"])
def test_what_is_no_address_has_no_key(address: str) -> None:
    with pytest.raises(InvalidInput, match="network address is not known"):
        network_key(address)


@given(st.binary(min_size=4, max_size=32))
def test_a_random_key_is_the_first_of_the_entropy(entropy: bytes) -> None:
    assert random_key(entropy).to_bytes(4, "big") == entropy[:4]
