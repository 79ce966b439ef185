"""eth_*: accounts, code and storage at the end of a block."""

from __future__ import annotations

from typing import Any, Final

from quarkparsec.codec.quantities import data, quantity
from quarkparsec.errors import PrunedHistory
from quarkparsec.jsonrpc.arguments.argument import Argument
from quarkparsec.jsonrpc.arguments.block import BLOCK, BlockReference, Tag, resolve_epoch
from quarkparsec.jsonrpc.arguments.proof_keys import ProofKey, parse_proof_keys
from quarkparsec.jsonrpc.arguments.scalars import parse_recipient, parse_slot
from quarkparsec.jsonrpc.method import Cost, Method
from quarkparsec.jsonrpc.node import Node
from quarkparsec.jsonrpc.views.proof import proof_view
from quarkparsec.types import Recipient, Slot

_ADDRESS: Final = Argument("address", parse_recipient)


async def get_balance(node: Node, recipient: Recipient, block: BlockReference) -> str:
    """Wei of an account."""
    account = await node.account(recipient, await resolve_epoch(node, block))
    return quantity(account.balance if account else 0)


async def get_transaction_count(node: Node, recipient: Recipient, block: BlockReference) -> str:
    """The nonce of an account; with "pending", after what waits in the pool."""
    if block is Tag.PENDING:
        return quantity(await node.pending_nonce(recipient))
    account = await node.account(recipient, await resolve_epoch(node, block))
    return quantity(account.nonce if account else 0)


async def get_code(node: Node, recipient: Recipient, block: BlockReference) -> str:
    """The code of a contract, or the delegation of an account (EIP-7702)."""
    return data(await node.code(recipient, await resolve_epoch(node, block)))


async def get_storage_at(
    node: Node, recipient: Recipient, slot: Slot, block: BlockReference
) -> str:
    """The 32-byte word in a slot."""
    (word,) = await node.storage(recipient, [slot], await resolve_epoch(node, block))
    return data(word.to_bytes(32, "big"))


async def get_proof(
    node: Node, recipient: Recipient, keys: tuple[ProofKey, ...], block: BlockReference
) -> dict[str, Any]:
    """Merkle proofs against the state root of the account's shard; only of the latest state."""
    if await resolve_epoch(node, block) != node.head().header.number:
        raise PrunedHistory("proofs exist for the latest state only")
    proof = await node.prove(recipient, [key.slot for key in keys])
    return proof_view(recipient, keys, proof)


METHODS: Final = (
    Method("eth_getBalance", get_balance, (_ADDRESS, BLOCK), Cost.LOOKUP),
    Method("eth_getTransactionCount", get_transaction_count, (_ADDRESS, BLOCK), Cost.LOOKUP),
    Method("eth_getCode", get_code, (_ADDRESS, BLOCK), Cost.LOOKUP),
    Method(
        "eth_getStorageAt",
        get_storage_at,
        (_ADDRESS, Argument("slot", parse_slot), BLOCK),
        Cost.LOOKUP,
    ),
    Method(
        "eth_getProof",
        get_proof,
        (_ADDRESS, Argument("slots", parse_proof_keys), BLOCK),
        Cost.BLOCK,
    ),
)
