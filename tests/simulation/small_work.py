"""A small piece of work over four shards that has a bit of everything: each kind of leg, a payout, a claim."""

from __future__ import annotations

from functools import cache
from typing import Final

from quarkparsec.chain.creation import create_address
from quarkparsec.types import ShardId, home_key, shard_of
from tests.simulation.contracts import NEWBORN, words
from tests.simulation.scenery import WALLETS_PER_SHARD, ledger_of
from tests.simulation.traffic import CALL_GAS, CREATION_GAS, Traffic
from tests.simulation.wallet import Wallet, wallets

SHARD_COUNT: Final = 4
SEED: Final = 3
"""With it, a run without faults does all of it in one epoch."""


@cache
def work() -> Traffic:
    """A transfer, a call that pays somebody elsewhere, and a creation at an address that was funded."""
    group = wallets(SHARD_COUNT, WALLETS_PER_SHARD)
    sender, caller = group[ShardId(0)][0], group[ShardId(1)][0]
    creator = next(each for each in group[ShardId(2)] if _home_of_first_contract(each) != 2)
    contract = create_address(creator.recipient, 0)
    call = words(group[ShardId(0)][1].recipient, 60, 0, b"")
    wishes = {
        sender.recipient: [
            sender.sign(0, group[ShardId(1)][1].recipient, value=5),
            sender.sign(1, contract, value=7, gas_limit=CALL_GAS),
        ],
        caller.recipient: [caller.sign(0, ledger_of(2), 100, call, CALL_GAS)],
        creator.recipient: [creator.sign(0, None, 3, NEWBORN, CREATION_GAS)],
    }
    return Traffic(SHARD_COUNT, wishes, is_plain=True)


def _home_of_first_contract(wallet: Wallet) -> ShardId:
    return shard_of(home_key(create_address(wallet.recipient, 0)), SHARD_COUNT)
