"""What a load consists of: who sends what, signed before the clock starts.

A *workload* says how many senders live on each shard, which contracts are there, and what each sender
sends. Senders are fresh accounts, so that their nonces begin at 0; everything is drawn from one seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from benchmarks.load.fees import Fees
from benchmarks.signing import Signed, Unsigned, Wallet, sign_all
from quarkparsec.types import Recipient, ShardId

TRANSFER_GAS = 21_000
VALUE = 1
"""Wei, or units of the token, that each transaction moves."""


class Action(NamedTuple):
    """One transaction, but for nonce and fees."""

    to: bytes
    gas_limit: int
    value: int = 0
    call: bytes = b""


Script = Callable[[int, random.Random], Action]
"""A sender's transactions, by their nonces."""


class Contract(NamedTuple):
    """What a shard's funder creates before the load, and then calls to make it ready."""

    creation_code: bytes
    gas_limit: int
    calls: tuple[tuple[bytes, int], ...] = ()
    """Call data, and gas limit."""


class Stage(NamedTuple):
    """What the senders find when they begin, by shard."""

    senders: Mapping[ShardId, Sequence[Recipient]]
    receivers: Mapping[ShardId, Sequence[Recipient]]
    """Accounts that nobody has the keys of."""
    contracts: Mapping[ShardId, Recipient]


class Workload(Protocol):
    """One kind of load; `shards` are always those with an account that can pay for it."""

    @property
    def name(self) -> str:
        """What it is, for the report."""

    @property
    def gas_limit(self) -> int:
        """Of its most expensive transaction."""

    def senders(self, count: int, shards: Sequence[ShardId]) -> dict[ShardId, int]:
        """How many of `count` senders live on each shard. Raises Rejected if there are too few shards."""

    def contract(
        self, shard_id: ShardId, senders: Mapping[ShardId, Sequence[Recipient]]
    ) -> Contract | None:
        """What must be on a shard before these senders begin."""

    def script(self, shard_id: ShardId, stage: Stage) -> Script:
        """What one sender of a shard sends."""


class Terms(NamedTuple):
    """What all transactions of a load test have in common."""

    chain_id: int
    fees: Fees


class Party(NamedTuple):
    """One sender."""

    wallet: Wallet
    script: Script


class Stream(NamedTuple):
    """One sender's signed transactions, in nonce order from 0."""

    sender: Recipient
    transactions: list[Signed]


def sign_streams(
    counts: Sequence[tuple[Party, int]], terms: Terms, source: random.Random
) -> list[Stream]:
    """Sign for each party as many transactions as it is to send."""
    jobs = [
        (party.wallet, [unsigned(party.script(n, source), n, terms) for n in range(count)])
        for party, count in counts
    ]
    return [
        Stream(wallet.recipient, transactions)
        for (wallet, _), transactions in zip(jobs, sign_all(jobs), strict=True)
    ]


def unsigned(action: Action, nonce: int, terms: Terms) -> Unsigned:
    """An action as its sender's transaction with that nonce."""
    to, gas_limit, value, call = action
    tip, cap = terms.fees
    return Unsigned(terms.chain_id, nonce, tip, cap, gas_limit, to, value, call)
