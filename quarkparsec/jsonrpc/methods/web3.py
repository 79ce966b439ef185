"""web3_*: about the software."""

from __future__ import annotations

from typing import Final

from quarkparsec.codec.quantities import data
from quarkparsec.crypto.keccak import keccak
from quarkparsec.jsonrpc.arguments.argument import Argument
from quarkparsec.jsonrpc.arguments.scalars import parse_bytes
from quarkparsec.jsonrpc.method import Cost, Method
from quarkparsec.jsonrpc.node import Node


async def client_version(node: Node) -> str:
    """The node's name and version."""
    return node.client_version


async def sha3(_node: Node, value: bytes) -> str:
    """Keccak-256 of some bytes."""
    return data(keccak(value))


METHODS: Final = (
    Method("web3_clientVersion", client_version, (), Cost.MEMORY),
    Method("web3_sha3", sha3, (Argument("data", parse_bytes),), Cost.MEMORY),
)
