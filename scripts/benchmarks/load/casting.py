"""Who sends how much: the cast of each shard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from benchmarks.load.funding import funding_gas
from benchmarks.load.options import Options
from benchmarks.load.placement import settle, spread
from benchmarks.load.workload import VALUE, Terms
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

    def gas(self, terms: Terms) -> int:
        """What all of it may take, with the funding before it."""
        sent = sum(self.counts.values()) * terms.gas_limit
        return sent + funding_gas(len(self.counts), terms)

    def amounts(self, terms: Terms) -> dict[Recipient, int]:
        """Wei that each sender must hold."""
        most = terms.gas_limit * terms.fees.cap + VALUE
        return {wallet.recipient: count * most for wallet, count in self.counts.items()}


def cast_senders(options: Options, shards: Sequence[ShardId], shard_count: int) -> list[Cast]:
    """Fresh wallets for each of `shards`, the transactions shared out evenly."""
    senders = spread(max(options.senders, len(shards)), shards)
    transactions = spread(options.transactions, shards)
    probes = spread(options.probes, shards)
    wanted = {shard_id: count + PROBERS for shard_id, count in senders.items()}
    settled = settle(wallets(options.seed), wanted, shard_count)
    casts = []
    for shard_id, (idle, loaded, *others) in settled.items():
        share, rest = divmod(transactions[shard_id], len(others))
        load = {wallet: share + (index < rest) for index, wallet in enumerate(others)}
        count = probes[shard_id]
        casts.append(Cast(shard_id, load, (idle, count), (loaded, count)))
    return casts
