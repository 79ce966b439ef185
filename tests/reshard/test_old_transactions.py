"""No half of a shard executes again what was executed before the split, whatever it was signed for."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest

from quarkparsec.chain.transaction import Transaction
from quarkparsec.errors import Rejected
from quarkparsec.runners.evm.executor import execute
from quarkparsec.runners.outcome import Failed
from quarkparsec.runners.validity import check_sender
from quarkparsec.state import sweeping
from quarkparsec.types import Recipient, ShardId, ShardKey, Wei, home_key
from tests.reshard.scenery import (
    ABROAD,
    AUTHORITIES,
    CONTRACTS,
    DELEGATED,
    KEYS,
    POOR,
    RICH,
    delegate_of,
    entries,
    universal,
)
from tests.reshard.shards import Shards
from tests.reshard.signing import Wish
from tests.runners.assembler import assemble

COUNTS = assemble("0 SLOAD 1 ADD 0 SSTORE STOP")


def world() -> Shards:
    """Two shards, so that there is room for accounts under other keys than their homes'."""
    return Shards(2, entries(dict.fromkeys(CONTRACTS, COUNTS), 2), universal(COUNTS))


def wishes() -> Iterator[Wish]:
    """Transactions of all kinds."""
    for key in KEYS:
        home, there = RICH[key], ABROAD[key]
        yield Wish(home, POOR[key - 1], 1)
        yield Wish(home, CONTRACTS[2 * key], 1)
        yield Wish(home, CONTRACTS[2 * key - 1], 1)
        yield Wish(home, None, 1, COUNTS)
        yield Wish(home, CONTRACTS[2 * key + 1], 1, key=key)
        yield Wish(there.recipient, CONTRACTS[2 * key], 1, key=key)
        yield Wish(there.recipient, CONTRACTS[2 * key - 1], 1, key=key, to_key=KEYS[key - 1])
        yield Wish(DELEGATED[key], DELEGATED[key], 1)
    for signer in AUTHORITIES:
        allowed = signer.authorize(delegate_of(signer), 0)
        yield Wish(RICH[0], signer.recipient, 1, authorizations=(allowed,))


def executed(shards: Shards) -> list[Transaction]:
    """What was executed of all that, once."""
    transactions = []
    for wish in wishes():
        transaction = shards.sign(wish)
        ending = shards.send(transaction, wish)
        assert ending is not None, wish
        transactions.append(transaction)
    return transactions


@pytest.mark.parametrize("most", [0, 3, 1_000])
@pytest.mark.parametrize("splits", [1, 2])
def test_every_old_transaction_is_refused_by_every_shard_all_the_time(
    splits: int, most: int
) -> None:
    shards = world()
    transactions = executed(shards)
    for _ in range(splits):
        shards.split()
    with patch.object(sweeping, "SWEEP_ENTRIES_MAX", most):
        for _ in range(4):
            for shard_id in shards.states:
                for transaction in transactions:
                    check_refused(shards, shard_id, transaction)
            shards.round(None)


def check_refused(shards: Shards, shard_id: ShardId, transaction: Transaction) -> None:
    """As the shard of its sender, or as the one where it runs, under whatever key."""
    journal, context = (
        shards.states[shard_id].journal(),
        shards.context()._replace(base_fee=Wei(0)),
    )
    with pytest.raises(Rejected):
        check_sender(journal, transaction, context)
    for key in (*KEYS, home_key(transaction.sender)):
        assert isinstance(execute(journal, transaction, key, context), Failed)
    assert journal.changes() == {}


@pytest.mark.parametrize("most", [0, 1_000])
def test_an_old_authorization_counts_nowhere(most: int) -> None:
    shards = world()
    executed(shards)
    before = {signer.recipient: authority(shards, signer.recipient) for signer in AUTHORITIES}
    assert all(nonce == 1 and delegates for nonce, delegates in before.values())
    shards.split()
    with patch.object(sweeping, "SWEEP_ENTRIES_MAX", most):
        for signer in AUTHORITIES:
            old = signer.authorize(Recipient(bytes(20)), 0)
            for key in (*KEYS, home_key(signer.recipient)):
                for to in (signer.recipient, CONTRACTS[2 * (key % 4)]):
                    wish = Wish(RICH[key % 4], to, authorizations=(old,))
                    assert shards.send(shards.sign(wish), wish) is not None
    assert before == {each: authority(shards, each) for each in before}
    for state in shards.states.values():
        for each in before:
            account = state.account(each)
            assert account is None or account.nonce == 1


def authority(shards: Shards, who: Recipient) -> tuple[int, bool]:
    """Its nonce, and whether it delegates."""
    (own,) = (entry for address, entry in shards.own().items() if address.recipient == who)
    return own.nonce, bool(own.code)


def test_a_transaction_that_waits_is_executed_in_one_half_only() -> None:
    shards = world()
    transaction = Wish(RICH[1], POOR[0], 0).sign(0)
    shards.split()
    free = shards.context()._replace(base_fee=Wei(0))
    able = [
        shard_id
        for shard_id, state in shards.states.items()
        if not isinstance(execute(state.journal(), transaction, ShardKey(1), free), Failed)
    ]
    assert able == [ShardId(1)]
