"""Who sends how much: the cast of each shard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from benchmarks.load.fees import Fees
from benchmarks.load.options import Options
from benchmarks.load.placement import settle, spread
from benchmarks.load.workload import TRANSFER_GAS, VALUE
from benchmarks.signing import Wallet, wallets
from quarkparsec.types import Recipient, ShardId

PROBERS: Final = 2
"""A shard's wallets that measure latency: one without load, one under it."""


class Cast(NamedTuple):
    """The senders of one shard, each with the number of its transactions."""

    shard_id: ShardId
    load: dict[Wallet, int]
    idle_prober: tuple[Wallet, int]
    loaded_prober: tuple[Wallet, int]

    @property
    def counts(self) -> dict[Wallet, int]:
        """Everybody's."""
        return dict([*self.load.items(), self.idle_prober, self.loaded_prober])

    @property
    def recipients(self) -> list[Recipient]:
        """Everybody."""
        return [wallet.recipient for wallet in self.counts]

    def gas(self, gas_limit: int) -> int:
        """What all of it may take, and the transfers that fund it."""
        return sum(self.counts.values()) * gas_limit + len(self.counts) * TRANSFER_GAS

    def amounts(self, gas_limit: int, fees: Fees) -> dict[Recipient, int]:
        """Wei that each sender must hold."""
        most = gas_limit * fees.cap + VALUE
        return {wallet.recipient: count * most for wallet, count in self.counts.items()}


def cast_senders(options: Options, shards: Sequence[ShardId], shard_count: int) -> list[Cast]:
    """Fresh wallets for each of `shards`, the transactions shared out evenly among those with senders.

    Raises Rejected if the workload needs more shards.
    """
    senders = options.workload.senders(options.senders, shards)
    busy = [shard_id for shard_id, count in senders.items() if count]
    nothing = dict.fromkeys(senders, 0)
    transactions = nothing | spread(options.transactions, busy)
    probes = nothing | spread(options.probes, busy)
    wanted = {shard_id: count + PROBERS for shard_id, count in senders.items()}
    casts = []
    for shard_id, (idle, loaded, *others) in settle(
        wallets(options.seed), wanted, shard_count
    ).items():
        counts = share_out(transactions[shard_id], len(others))
        load = dict(zip(others, counts, strict=True))
        count = probes[shard_id]
        casts.append(Cast(shard_id, load, (idle, count), (loaded, count)))
    return casts


def share_out(count: int, parts: int) -> list[int]:
    """`count` in so many parts, as even as it goes."""
    return [count * (part + 1) // parts - count * part // parts for part in range(parts)]
