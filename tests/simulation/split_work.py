"""A small piece of work in the midst of which two shards are split into four, and are swept in several blocks."""

from __future__ import annotations

from functools import cache
from typing import Final

from quarkparsec.chain.transaction import Transaction
from quarkparsec.types import Recipient
from tests.simulation.contracts import NEWBORN, words
from tests.simulation.scenery import WALLETS_PER_SHARD, ledger_of
from tests.simulation.traffic import CALL_GAS, CREATION_GAS, Traffic
from tests.simulation.wallet import Wallet, wallets

SHARD_COUNT: Final = 2
SPLITS: Final = 1
GROUPS: Final = SHARD_COUNT << SPLITS
ROUNDS: Final = 3
SEED: Final = 34
"""With it, a run without faults has legs of all kinds in the block that splits, and while it is swept."""


@cache
def work() -> Traffic:
    """In each of the groups somebody who pays, calls and creates, in every group in turn."""
    groups = wallets(GROUPS, WALLETS_PER_SHARD)
    wishes = {
        wallet.recipient: [
            transaction
            for turn in range(ROUNDS)
            for transaction in _turn(wallet, 3 * turn, (group + turn + 1) % GROUPS)
        ]
        for group, (wallet, *_) in groups.items()
    }
    return Traffic(SHARD_COUNT, wishes, is_plain=True, splits=SPLITS)


def _turn(wallet: Wallet, nonce: int, group: int) -> list[Transaction]:
    """Create a contract, call one that pays somebody home, and pay a neighbour."""
    payee = _payee(group)
    call = words(_payee((group + 1) % GROUPS), 60, 0, b"")
    return [
        wallet.sign(nonce, None, 3, NEWBORN, CREATION_GAS),
        wallet.sign(nonce + 1, ledger_of(group), 100, call, CALL_GAS),
        wallet.sign(nonce + 2, payee, value=5),
    ]


def _payee(group: int) -> Recipient:
    return wallets(GROUPS, WALLETS_PER_SHARD)[group][1].recipient  # type: ignore[index]
