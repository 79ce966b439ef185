"""What a transaction did, for who knows it by its shard and its fingerprint."""

from __future__ import annotations

from typing import Any

from quarkparsec.chain.block import RootBlock
from quarkparsec.codec.quantities import quantity
from quarkparsec.jsonrpc.node import MinedTransaction
from quarkparsec.jsonrpc.views.fingerprint import fingerprint_view
from quarkparsec.jsonrpc.views.receipt import mined_receipt_view
from quarkparsec.types import Fingerprint


def execution_view(
    mined: MinedTransaction, fingerprint: Fingerprint, block: RootBlock
) -> dict[str, Any]:
    """Anoma's ExecutionSummary, which is the receipt's content, and the logs as the receipt shows them."""
    receipt = mined_receipt_view(mined, block)
    shown = ("gasUsed", "effectiveGasPrice", "contractAddress")
    return {
        "transactionHash": receipt["transactionHash"],
        "shardId": quantity(mined.block.shard_id),
        "fingerprint": fingerprint_view(fingerprint),
        "summary": {"success": mined.receipt.status == 1}
        | {name: receipt[name] for name in shown},
        "logs": receipt["logs"],
    }
