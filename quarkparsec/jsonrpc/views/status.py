"""How far a transaction has come, and what is said when it comes in. The stages are types.Stage."""

from __future__ import annotations

from typing import Any

from quarkparsec.codec.quantities import data, quantity
from quarkparsec.jsonrpc.node import Acknowledged, TransactionStatus
from quarkparsec.jsonrpc.views.fingerprint import fingerprint_view
from quarkparsec.jsonrpc.views.place import BlockMark
from quarkparsec.types import Stage


def acknowledgement_view(acknowledged: Acknowledged) -> dict[str, str]:
    """What an acknowledgement promises: this epoch or a later one, if no crash loses it."""
    return {
        "transactionHash": data(acknowledged.transaction_hash),
        "stage": stage_view(acknowledged.stage),
        "shardId": quantity(acknowledged.shard_id),
        "epoch": quantity(acknowledged.epoch),
        "epochStart": quantity(acknowledged.epoch_start),
    }


def status_view(
    status: TransactionStatus, block: BlockMark | None, index: int | None
) -> dict[str, Any]:
    """A status. `block` and `index` are those of the cluster's view, once it is committed."""
    fingerprint = status.fingerprint
    return {
        "stage": stage_view(status.stage),
        "shardId": quantity(status.shard_id),
        "epoch": quantity(status.epoch),
        "pool": _pool(status),
        "fingerprint": None if fingerprint is None else fingerprint_view(fingerprint),
        "blockHash": None if block is None else block.hash,
        "transactionIndex": None if index is None else quantity(index),
    }


def stage_view(stage: Stage) -> str:
    """One lower-case word."""
    return stage.name.lower()


def _pool(status: TransactionStatus) -> str | None:
    """In which part of the pool it waits, if it does."""
    if status.stage is not Stage.ADMITTED:
        return None
    return "queued" if status.is_queued else "pending"
