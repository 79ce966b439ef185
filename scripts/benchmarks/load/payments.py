"""Ordinary load: transfers, or ERC-20 transfers, a share of which goes to another shard."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from benchmarks import token
from benchmarks.load.placement import spread
from benchmarks.load.shares import share
from benchmarks.load.workload import TRANSFER_GAS, VALUE, Action, Contract, Script, Stage
from quarkparsec.errors import Rejected
from quarkparsec.types import Recipient, ShardId

HOLDERS_PER_MINT = 50
TOKENS = 10**24


@dataclass(frozen=True)
class Transfers:
    """Ether to accounts of the same shard or, by a share, of others."""

    cross_percent: int = 0
    gas_limit = TRANSFER_GAS

    @property
    def name(self) -> str:
        return named("transfer", self.cross_percent)

    def senders(self, count: int, shards: Sequence[ShardId]) -> dict[ShardId, int]:
        return spread_senders(count, shards, 2 if self.cross_percent else 1)

    def contract(
        self, shard_id: ShardId, senders: Mapping[ShardId, Sequence[Recipient]]
    ) -> Contract | None:
        return None

    def script(self, shard_id: ShardId, stage: Stage) -> Script:
        crosses = share(self.cross_percent)
        others = others_than(shard_id, stage.receivers)

        def pay(nonce: int, source: random.Random) -> Action:
            whom = source.choice(others) if crosses(nonce, source) else shard_id
            return Action(source.choice(stage.receivers[whom]), TRANSFER_GAS, VALUE)

        return pay


@dataclass(frozen=True)
class TokenTransfers:
    """Units of the token of the sender's shard or, by a share, of other shards' tokens."""

    cross_percent: int = 0
    gas_limit = token.TRANSFER_GAS

    @property
    def name(self) -> str:
        return named("erc20", self.cross_percent)

    def senders(self, count: int, shards: Sequence[ShardId]) -> dict[ShardId, int]:
        return spread_senders(count, shards, 2 if self.cross_percent else 1)

    def contract(
        self, shard_id: ShardId, senders: Mapping[ShardId, Sequence[Recipient]]
    ) -> Contract | None:
        own = senders[shard_id]
        holders = list(chain.from_iterable(senders.values())) if self.cross_percent else own
        slices = [
            holders[start : start + HOLDERS_PER_MINT]
            for start in range(0, len(holders), HOLDERS_PER_MINT)
        ]
        mints = tuple(
            (token.mint_call(each, TOKENS), token.mint_gas(len(each))) for each in slices
        )
        return Contract(token.CREATION_CODE, token.DEPLOY_GAS, mints)

    def script(self, shard_id: ShardId, stage: Stage) -> Script:
        crosses = share(self.cross_percent)
        others = others_than(shard_id, stage.contracts)

        def pay(nonce: int, source: random.Random) -> Action:
            where = source.choice(others) if crosses(nonce, source) else shard_id
            call = token.transfer_call(source.choice(stage.receivers[where]), VALUE)
            return Action(stage.contracts[where], token.TRANSFER_GAS, call=call)

        return pay


def others_than(shard_id: ShardId, places: Mapping[ShardId, object]) -> list[ShardId]:
    """All shards of `places` but one."""
    return [each for each in places if each != shard_id]


def spread_senders(count: int, shards: Sequence[ShardId], shards_min: int) -> dict[ShardId, int]:
    """Senders on all shards, at least one on each. Raises Rejected if there are too few shards."""
    if len(shards) < shards_min:
        raise Rejected(f"this load needs {shards_min} shards with a funded account each")
    return spread(max(count, len(shards)), shards)


def named(kind: str, cross_percent: int) -> str:
    """A kind and its share, for the report."""
    return f"{kind}, {cross_percent} % to another shard" if cross_percent else kind
