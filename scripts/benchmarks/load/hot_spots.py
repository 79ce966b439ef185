"""Loads that all want the same: one account, one contract, or each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks import till
from benchmarks.load.payments import spread_senders
from benchmarks.load.workload import TRANSFER_GAS, VALUE, Action, Contract, Script, Stage
from quarkparsec.types import Recipient, ShardId


@dataclass(frozen=True)
class OneAccount:
    """Everybody, on every shard, pays the same account."""

    name = "all pay one account"
    gas_limit = TRANSFER_GAS

    def senders(self, count: int, shards: Sequence[ShardId]) -> dict[ShardId, int]:
        return spread_senders(count, shards, 2)

    def contract(
        self, shard_id: ShardId, senders: Mapping[ShardId, Sequence[Recipient]]
    ) -> Contract | None:
        return None

    def script(self, shard_id: ShardId, stage: Stage) -> Script:
        payee = stage.receivers[min(stage.senders)][0]
        return always(Action(payee, TRANSFER_GAS, VALUE))


@dataclass(frozen=True)
class OneContract:
    """Everybody calls one contract, and nobody lives on its shard."""

    name = "all call one contract on another shard"
    gas_limit = till.CALL_GAS

    def senders(self, count: int, shards: Sequence[ShardId]) -> dict[ShardId, int]:
        _, *others = spread_senders(count, shards, 2)
        return {min(shards): 0, **spread_senders(count, others, 1)}

    def contract(
        self, shard_id: ShardId, senders: Mapping[ShardId, Sequence[Recipient]]
    ) -> Contract | None:
        is_there = shard_id == min(senders)
        return Contract(till.CREATION_CODE, till.DEPLOY_GAS) if is_there else None

    def script(self, shard_id: ShardId, stage: Stage) -> Script:
        (contract,) = stage.contracts.values()
        return always(Action(contract, till.CALL_GAS))


@dataclass(frozen=True)
class Duel:
    """Two accounts on two shards pay each other, again and again."""

    name = "two accounts pay each other"
    gas_limit = TRANSFER_GAS

    def senders(self, count: int, shards: Sequence[ShardId]) -> dict[ShardId, int]:
        first, second, *_ = spread_senders(count, shards, 2)
        return {first: 1, second: 1}

    def contract(
        self, shard_id: ShardId, senders: Mapping[ShardId, Sequence[Recipient]]
    ) -> Contract | None:
        return None

    def script(self, shard_id: ShardId, stage: Stage) -> Script:
        (other,) = (each for each in stage.senders if each != shard_id)
        opponent = stage.senders[other][0]
        return always(Action(opponent, TRANSFER_GAS, VALUE))


def always(action: Action) -> Script:
    """The same again and again."""
    return lambda *_: action
