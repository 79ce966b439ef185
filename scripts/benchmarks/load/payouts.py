"""Remote calls that get into each other's way, as often as is asked for.

There is a till on each of two shards. Everybody calls the first one, but those who live on its shard call
the second, so that every call goes to another shard. A share of the calls to the first till pays out to one of these:
an account whose own call to the second till locks it. Such calls conflict.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks import till
from benchmarks.load.payments import spread_senders
from benchmarks.load.shares import share
from benchmarks.load.workload import Action, Contract, Script, Stage
from quarkparsec.types import Recipient, ShardId


@dataclass(frozen=True)
class Payouts:
    """Calls to a till on another shard; a share of them wants an account that is busy."""

    conflict_percent: int
    gas_limit = till.CALL_GAS

    @property
    def name(self) -> str:
        return f"remote calls, {self.conflict_percent} % pay out to busy accounts"

    def senders(self, count: int, shards: Sequence[ShardId]) -> dict[ShardId, int]:
        return spread_senders(count, shards, 2)

    def contract(
        self, shard_id: ShardId, senders: Mapping[ShardId, Sequence[Recipient]]
    ) -> Contract | None:
        is_there = shard_id in sorted(senders)[:2]
        return Contract(till.CREATION_CODE, till.DEPLOY_GAS) if is_there else None

    def script(self, shard_id: ShardId, stage: Stage) -> Script:
        first, second = sorted(stage.contracts)
        busy = stage.senders[first]
        conflicts = share(self.conflict_percent)

        def call(nonce: int, source: random.Random) -> Action:
            if shard_id == first:
                return Action(stage.contracts[second], till.CALL_GAS)
            pays_out = conflicts(nonce, source)
            payout = till.payout_call(source.choice(busy)) if pays_out else b""
            return Action(stage.contracts[first], till.CALL_GAS, till.PAYOUT, payout)

        return call
