"""qp_*: what only a sharded chain has: shards, 24-byte addresses, shard keys.

An *address* here is recipient ‖ shard key. What is read at one is what state/foreign.py says: the account if
its entry has that key, else an account without money.
"""

from __future__ import annotations

from typing import Any, Final

from quarkparsec.chain.chain_ids import split_chain_id
from quarkparsec.chain.key_choice import KEY_CHOICES, KeyChoice, network_key, random_key
from quarkparsec.codec.quantities import quantity
from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.arguments.argument import Argument
from quarkparsec.jsonrpc.arguments.block import (
    BLOCK,
    BlockReference,
    Height,
    Tag,
    find_block,
    parse_height,
    resolve_epoch,
)
from quarkparsec.jsonrpc.arguments.scalars import (
    parse_address,
    parse_count,
    parse_hash,
    parse_recipient,
)
from quarkparsec.jsonrpc.method import Client, Cost, Method
from quarkparsec.jsonrpc.node import BlockId, MinedTransaction, Node
from quarkparsec.jsonrpc.rpc_error import invalid_params
from quarkparsec.jsonrpc.views.address import address_view, shard_key_view
from quarkparsec.jsonrpc.views.cluster import cluster_view, shard_block_view
from quarkparsec.jsonrpc.views.ticket import pending_view, ticket_view
from quarkparsec.types import Address, Hash32, Recipient, ShardId, home_key


async def get_cluster(node: Node) -> dict[str, Any]:
    """Shards, slaves and how far each is."""
    chain_id, _ = split_chain_id(node.chain_id)
    return cluster_view(chain_id, node.head(), node.cluster_view())


async def get_shard_block(node: Node, shard_id: int, height: Height) -> dict[str, Any] | None:
    """The block that a shard made in an epoch; null if it made none then."""
    block = await find_block(node, height)
    if block is None:
        return None
    if shard_id >= block.shard_count:
        raise invalid_params(f"no such shard: there are {block.shard_count}")
    if shard_id not in block.participants:
        return None
    (shard_block,) = await node.shard_blocks([BlockId(ShardId(shard_id), block.number)])
    return shard_block_view(ShardId(shard_id), shard_block)


async def get_balance(node: Node, address: Address, block: BlockReference) -> str:
    """Wei of the account at an address."""
    epoch = await resolve_epoch(node, block)
    account = await node.account(address.recipient, epoch, address.shard_key)
    return quantity(account.balance if account else 0)


async def get_transaction_count(node: Node, address: Address, block: BlockReference) -> str:
    """The nonce of the account at an address; with "pending", after what waits in the pool."""
    if block is Tag.PENDING:
        return quantity(await node.pending_nonce(*address))
    epoch = await resolve_epoch(node, block)
    account = await node.account(address.recipient, epoch, address.shard_key)
    return quantity(account.nonce if account else 0)


async def get_address(node: Node, recipient: Recipient) -> dict[str, str]:
    """Where the cluster has a recipient: a contract under its key, a user at home."""
    return address_view(await node.address(recipient), node.head().shard_count)


async def choose_key(
    node: Node, client: Client, choice: KeyChoice, recipient: Recipient | None
) -> dict[str, str]:
    """A shard key for a contract that depends on no other: random, of a recipient, of the caller's network."""
    if choice == "random":
        key = random_key(node.entropy())
    elif choice == "network":
        key = network_key(client.network_address)
    elif recipient is None:
        raise invalid_params('missing value for required argument 1: whose key is "recipient"?')
    else:
        key = home_key(recipient)
    return shard_key_view(key, node.head().shard_count)


async def get_ticket(node: Node, transaction_hash: Hash32) -> dict[str, Any] | None:
    """Where a transaction took place in the serial order, and its legs; null if it is unknown."""
    found = await node.find_transaction(transaction_hash)
    if not isinstance(found, MinedTransaction):
        return None if found is None else pending_view()
    (root_block,) = await node.root_blocks([found.block.epoch])
    shard_ids = root_block.participants
    blocks = dict(
        zip(
            shard_ids,
            await node.shard_blocks([BlockId(each, found.block.epoch) for each in shard_ids]),
            strict=True,
        )
    )
    turn = blocks[found.block.shard_id].serial_order.turn(found.transaction_index)
    return ticket_view(found, turn, blocks)


def _parse_choice(value: object) -> KeyChoice:
    for choice in KEY_CHOICES:
        if value == choice:
            return choice
    raise InvalidInput(f"expected one of {', '.join(KEY_CHOICES)}")


_ADDRESS: Final = Argument("24-byte address", parse_address)

METHODS: Final = (
    Method("qp_getCluster", get_cluster, (), Cost.MEMORY),
    Method(
        "qp_getShardBlock",
        get_shard_block,
        (Argument("shard id", parse_count), Argument("epoch", parse_height, Tag.LATEST)),
        Cost.BLOCK,
    ),
    Method("qp_getBalance", get_balance, (_ADDRESS, BLOCK), Cost.LOOKUP),
    Method("qp_getTransactionCount", get_transaction_count, (_ADDRESS, BLOCK), Cost.LOOKUP),
    Method("qp_getAddress", get_address, (Argument("recipient", parse_recipient),), Cost.LOOKUP),
    Method("qp_getTicket", get_ticket, (Argument("transaction hash", parse_hash),), Cost.BLOCK),
    Method(
        "qp_chooseKey",
        choose_key,
        (Argument("choice", _parse_choice), Argument("recipient", parse_recipient, None)),
        Cost.MEMORY,
        sees_client=True,
    ),
)
