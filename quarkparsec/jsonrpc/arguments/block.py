"""Which block a client means: a tag, a number, a hash, or an object with one of the latter (EIP-1898).

Every committed block is final, so `latest`, `safe` and `finalized` are the same block; `pending` is that
block too, but for what only the pool knows (the next nonce of a sender). `earliest` is genesis.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, Union

from quarkparsec.chain.block import RootBlock
from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.arguments.argument import Argument
from quarkparsec.jsonrpc.arguments.scalars import parse_bool, parse_hash, parse_uint64
from quarkparsec.jsonrpc.node import Node
from quarkparsec.jsonrpc.rpc_error import SERVER_ERROR, RpcError
from quarkparsec.types import Epoch, Hash32


class Tag(Enum):
    """The block that moves."""

    LATEST = "latest"
    PENDING = "pending"


Height = Union[int, Tag]
"""A block by its number, or by a tag."""

BlockReference = Union[int, Tag, bytes]
"""A block by its number, a tag, or its hash."""

_TAGS: Final[dict[str, Height]] = {
    "latest": Tag.LATEST,
    "safe": Tag.LATEST,
    "finalized": Tag.LATEST,
    "pending": Tag.PENDING,
    "earliest": 0,
}

_HASH_TEXT_SIZE: Final = 66


def parse_height(value: object) -> Height:
    """A tag or a number."""
    if type(value) is str and value in _TAGS:
        return _TAGS[value]
    return parse_uint64(value)


def parse_block(value: object) -> BlockReference:
    """A tag, a number, a hash, or an EIP-1898 object."""
    if type(value) is dict:
        return _parse_object(value)
    if type(value) is str and len(value) == _HASH_TEXT_SIZE:
        return parse_hash(value)
    return parse_height(value)


BLOCK: Final = Argument("block", parse_block, Tag.LATEST)
"""The block whose state is asked for."""


async def resolve_epoch(node: Node, block: BlockReference) -> Epoch:
    """The epoch of a block that must exist. Raises RpcError in geth's words."""
    if type(block) is int:
        if block > node.head().number:
            raise RpcError(SERVER_ERROR, "header not found")
        return Epoch(block)
    if isinstance(block, Tag):
        return node.head().number
    found = await find_block(node, block)
    if found is None:
        raise RpcError(SERVER_ERROR, "header for hash not found")
    return found.number


async def find_block(node: Node, block: BlockReference) -> RootBlock | None:
    """The block, or None if there is none like that."""
    head = node.head()
    if isinstance(block, Tag) or block == head.number:
        return head
    if isinstance(block, bytes):
        found = await node.root_block_by_hash(Hash32(block))
        return found if found is None or found.number <= head.number else None
    if block > head.number:
        return None
    return (await node.root_blocks([Epoch(block)]))[0]


def _parse_object(value: dict[str, object]) -> BlockReference:
    block_hash, number = value.get("blockHash"), value.get("blockNumber")
    if block_hash is not None and number is not None:
        raise InvalidInput(
            "cannot specify both BlockHash and BlockNumber, choose one or the other"
        )
    # Every block that is known is canonical, so the answer to requireCanonical is always yes.
    parse_bool(value.get("requireCanonical") or False)
    if block_hash is not None:
        return parse_hash(block_hash)
    if number is not None:
        return parse_height(number)
    raise InvalidInput("expected blockHash or blockNumber")
