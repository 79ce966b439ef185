"""The transactions of a load test, signed before the clock starts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal, NamedTuple

from benchmarks import token
from benchmarks.load.fees import Fees
from benchmarks.signing import Signed, Unsigned, Wallet, sign_all
from quarkparsec.types import Recipient

TRANSFER_GAS = 21_000
VALUE = 1
"""Wei, or units of the token, that each transaction moves."""

Kind = Literal["transfer", "erc20"]


class Terms(NamedTuple):
    """What all transactions of a load test have in common."""

    chain_id: int
    kind: Kind
    fees: Fees

    @property
    def gas_limit(self) -> int:
        """Of one transaction of the load."""
        return TRANSFER_GAS if self.kind == "transfer" else token.TRANSFER_GAS


class Party(NamedTuple):
    """One sender: its wallet, whom it pays, and the token that it pays with, if it isn't ether."""

    wallet: Wallet
    receivers: Sequence[Recipient]
    token: Recipient | None


class Stream(NamedTuple):
    """One sender's signed transactions, in nonce order from 0."""

    sender: Recipient
    transactions: list[Signed]


def sign_streams(
    counts: Sequence[tuple[Party, int]], terms: Terms, source: random.Random
) -> list[Stream]:
    """Sign for each party as many transactions as it is to send."""
    jobs = [
        (party.wallet, [_payment(party, nonce, terms, source) for nonce in range(count)])
        for party, count in counts
    ]
    return [
        Stream(wallet.recipient, transactions)
        for (wallet, _), transactions in zip(jobs, sign_all(jobs), strict=True)
    ]


def _payment(party: Party, nonce: int, terms: Terms, source: random.Random) -> Unsigned:
    receiver = source.choice(party.receivers)
    if party.token is None:
        to, value, call = receiver, VALUE, b""
    else:
        to, value, call = party.token, 0, token.transfer_call(receiver, VALUE)
    return Unsigned(
        terms.chain_id, nonce, terms.fees.tip, terms.fees.cap, terms.gas_limit, to, value, call
    )
