"""Lane 4, first part: money that other shards sent arrives, by source and in its order."""

from __future__ import annotations

from quarkparsec.shard.block_draft import BlockDraft


def apply_credits(draft: BlockDraft) -> None:
    """Credit what lane 3 of every shard sent here."""
    for source in sorted(draft.credits):
        for credit in draft.credits[source]:
            draft.journal.credit(credit.recipient, credit.shard_key, credit.amount)
