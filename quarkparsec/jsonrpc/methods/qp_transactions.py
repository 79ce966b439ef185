"""qp_*: a transaction's way: its acknowledgement, how far it has come, and what it did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from quarkparsec.errors import QuarkparsecError
from quarkparsec.jsonrpc.arguments.argument import Argument
from quarkparsec.jsonrpc.arguments.block import find_block
from quarkparsec.jsonrpc.arguments.fingerprint import parse_fingerprint
from quarkparsec.jsonrpc.arguments.scalars import parse_bytes, parse_count, parse_hash
from quarkparsec.jsonrpc.method import Cost, Method
from quarkparsec.jsonrpc.node import Node
from quarkparsec.jsonrpc.rpc_error import invalid_params
from quarkparsec.jsonrpc.views.execution import execution_view
from quarkparsec.jsonrpc.views.place import mark, place_of
from quarkparsec.jsonrpc.views.status import acknowledgement_view, status_view
from quarkparsec.types import Fingerprint, Hash32, ShardId, Stage


async def send_raw_transaction(node: Node, raw: bytes) -> dict[str, str]:
    """Hand a signed transaction of any type to the pool, and be told the first epoch that it can be in."""
    (outcome,) = await node.submit([raw])
    if isinstance(outcome, QuarkparsecError):
        raise outcome
    return acknowledgement_view(outcome)


async def send_raw_transactions(
    node: Node, arguments: Sequence[Sequence[bytes]]
) -> Sequence[dict[str, str] | QuarkparsecError]:
    """The same for neighbours in a batch."""
    outcomes = await node.submit([raw for (raw,) in arguments])
    return [
        each if isinstance(each, QuarkparsecError) else acknowledgement_view(each)
        for each in outcomes
    ]


async def get_transaction_status(node: Node, wanted: Hash32) -> dict[str, Any] | None:
    """How far a transaction has come; null if it is unknown."""
    status = await node.transaction_status(wanted)
    if status is None:
        return None
    block = await find_block(node, status.epoch) if status.stage is Stage.COMMITTED else None
    if block is None:
        return status_view(status, None, None)
    start = place_of(block, status.shard_id)
    return status_view(status, mark(block), start.transactions + status.transaction_index)


async def get_logs_by_fingerprint(
    node: Node, fingerprint: Fingerprint, shard_id: int
) -> dict[str, Any] | None:
    """The logs and the summary of the transaction with a fingerprint in a shard; null if there is none."""
    block = await find_block(node, fingerprint.epoch)
    if block is None:
        return None
    if shard_id >= block.shard_count:
        raise invalid_params(f"no such shard: there are {block.shard_count}")
    if shard_id not in block.participants:
        return None
    mined = await node.transaction_at(ShardId(shard_id), fingerprint)
    return None if mined is None else execution_view(mined, fingerprint, block)


METHODS: Final = (
    Method(
        "qp_sendRawTransaction",
        send_raw_transaction,
        (Argument("signed transaction", parse_bytes),),
        Cost.SUBMIT,
        run_many=send_raw_transactions,
    ),
    Method(
        "qp_getTransactionStatus",
        get_transaction_status,
        (Argument("transaction hash", parse_hash),),
        Cost.LOOKUP,
    ),
    Method(
        "qp_getLogsByFingerprint",
        get_logs_by_fingerprint,
        (Argument("fingerprint", parse_fingerprint), Argument("shard id", parse_count)),
        Cost.LOOKUP,
    ),
)
