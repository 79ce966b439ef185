"""Choosing a shard key for a contract that depends on no other (QuarkChain's three published ways).

A contract that calls others must share their key. One that doesn't may have any, and the load is even if
keys are: *random*, or 32 bits of the creator's *recipient*, which its home key are already. The third way
looks at the *network* address that the wallet comes from, so that who is near meets on few shards. A shard
is chosen by a key's lowest bits, so the address's first byte, the widest area, becomes the lowest one: as
shards double, areas are told apart more finely. Of an IPv6 address the first four bytes count, the provider's
network.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import Final, Literal

from quarkparsec.errors import InvalidInput
from quarkparsec.types import SHARD_KEY_BYTES, ShardKey

KeyChoice = Literal["random", "recipient", "network"]

KEY_CHOICES: Final[tuple[KeyChoice, ...]] = ("random", "recipient", "network")


def random_key(entropy: bytes) -> ShardKey:
    """Any key; `entropy` has four bytes at least."""
    return ShardKey(int.from_bytes(entropy[:SHARD_KEY_BYTES], "big"))


def network_key(address: str) -> ShardKey:
    """The key of an IP address as text. Raises InvalidInput."""
    try:
        parsed = ip_address(address)
    except ValueError:
        raise InvalidInput("the caller's network address is not known") from None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return ShardKey(int.from_bytes(parsed.packed[:SHARD_KEY_BYTES], "little"))
