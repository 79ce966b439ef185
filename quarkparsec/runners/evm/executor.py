"""Executes one transaction against the open epoch: check, buy gas, run, settle.

The sender pays gas used × gas price. Of that the base fee is burned; the tip is returned in `Done` and
credited to nobody here: one account that every transaction writes would put them all in one row. Lane 4
pays the coinbase once an epoch.

In lane 1 (`execute`) a transaction knows nothing of other shards; if it has to, it needs a ticket. Under a
ticket (`execute_ticketed`) it knows what was locked for it elsewhere, and its sender may be a *guest* from
another shard: then it runs as the sender with exactly the money that was sent along, and what is left
goes back. What the sender has in this shard for itself is laid aside meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping

from quarkparsec.chain.legs import Endowment
from quarkparsec.chain.transaction import Transaction
from quarkparsec.errors import Rejected
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.runners.evm.authorizations import apply_authorizations
from quarkparsec.runners.evm.faults import words_of
from quarkparsec.runners.evm.forks import RULES
from quarkparsec.runners.evm.outermost import (
    Outermost,
    gas_after_refund,
    make_warm,
    run_outermost,
)
from quarkparsec.runners.evm.world import NO_ENDOWMENTS, World
from quarkparsec.runners.outcome import FAILURE, SUCCESS, Claimed, Done, Failed, NeedKeys, Outcome
from quarkparsec.runners.transfer import is_transfer, transfer
from quarkparsec.runners.validity import GasLimitReached, Terms, check, check_block
from quarkparsec.state.journal import Journal
from quarkparsec.types import Gas, Recipient, ShardKey, Wei


def execute(
    journal: Journal,
    transaction: Transaction,
    to_key: ShardKey,
    block: BlockContext,
    gas_left: int | None = None,
) -> Outcome:
    """Run a transaction in frames of key `to_key` and keep its effects in the journal.

    `to_key`: the key of the contract at `to`, resolved; the sender's home key for a universal contract or
    a precompiled one; for a creation the new contract's. `gas_left`: what is left of the block's gas limit
    (all of it if not given).
    """
    try:
        left = block.gas_limit if gas_left is None else gas_left
        terms = check(journal, transaction, block, left)
    except Rejected as refusal:
        return _failed(refusal)
    recipient = transaction.to
    if recipient is not None and is_transfer(journal, transaction, recipient, block):
        return transfer(journal, transaction, recipient, to_key, terms)
    return run_in_frames(journal, transaction, to_key, block, terms)


def execute_ticketed(
    journal: Journal,
    transaction: Transaction,
    to_key: ShardKey,
    block: BlockContext,
    gas_left: int,
    endowments: Mapping[Recipient, Endowment],
    money: Wei | None,
) -> Outcome:
    """The same under a ticket, so that `rollback(0)` on the journal takes all of it back.

    `money`: what a sender from another shard brought (gas limit × price + value), its nonce and funds
    checked there; None for a sender of this shard.
    """
    try:
        if money is None:
            terms = check(journal, transaction, block, gas_left)
        else:
            terms = check_block(journal, transaction, block, gas_left)
    except Rejected as refusal:
        return _failed(refusal)
    return run_in_frames(journal, transaction, to_key, block, terms, endowments, money)


def run_in_frames(
    journal: Journal,
    transaction: Transaction,
    to_key: ShardKey,
    block: BlockContext,
    terms: Terms,
    endowments: Mapping[Recipient, Endowment] = NO_ENDOWMENTS,
    money: Wei | None = None,
) -> Outcome:
    """Run a checked transaction, whatever it is, in the EVM."""
    sender = transaction.sender
    world = World(
        journal, block, RULES[block.fork], sender, terms.gas_price, endowments=endowments
    )
    journal.begin_transaction(to_key, None if transaction.to_key is None else transaction.to)
    aside = _welcome(journal, transaction, money)
    outermost, gas_used = _run(world, transaction, terms)
    if world.missing:
        journal.rollback(0)
        return NeedKeys(tuple(sorted(world.missing)))
    money_back = _see_off(journal, sender, aside) if aside is not None else Wei(0)
    _end(world)
    fault = outermost.fault
    return Done(
        FAILURE if fault else SUCCESS,
        gas_used,
        Wei(gas_used * terms.tip),
        tuple(world.logs),
        outermost.output,
        outermost.contract,
        words_of(fault) if fault else None,
        _gains(journal, transaction),
        _claims(world),
        money_back,
    )


def _run(world: World, transaction: Transaction, terms: Terms) -> tuple[Outermost, Gas]:
    journal, sender, limit = world.journal, transaction.sender, transaction.gas_limit
    journal.set_nonce(sender, transaction.nonce + 1)
    journal.add_balance(sender, -limit * terms.gas_price)
    make_warm(world, transaction.to, transaction.access_list)
    apply_authorizations(world, transaction.authorizations)
    outermost = run_outermost(
        world, transaction.to, transaction.value, transaction.data, limit - terms.intrinsic_gas
    )
    gas_used = gas_after_refund(world, limit, outermost.gas_left, terms.floor_gas)
    journal.add_balance(sender, (limit - gas_used) * terms.gas_price)
    return outermost, Gas(gas_used)


def _welcome(
    journal: Journal, transaction: Transaction, money: Wei | None
) -> tuple[int, int] | None:
    """Give a guest its money and its nonce. Returns the nonce and balance that it has here."""
    if money is None:
        return None
    entry = journal.entry(transaction.sender)
    aside = entry.nonce, entry.balance
    journal.set_balance(transaction.sender, money)
    journal.set_nonce(transaction.sender, transaction.nonce)
    return aside


def _see_off(journal: Journal, sender: Recipient, aside: tuple[int, int]) -> Wei:
    """Take back what a guest has left, and restore what it has here."""
    money_back = Wei(journal.entry(sender).balance)
    nonce, balance = aside
    journal.set_nonce(sender, nonce)
    journal.set_balance(sender, balance)
    return money_back


def _end(world: World) -> None:
    """Delete contracts that destroyed themselves, and accounts left empty."""
    for recipient in world.destroyed:
        world.journal.destroy(recipient)
    world.journal.burn(world.burned)
    world.journal.end_transaction()


def _gains(journal: Journal, transaction: Transaction) -> tuple[tuple[Recipient, Wei], ...]:
    """What user accounts have more than before that goes to their homes, in other shards; by recipient.

    A transaction that is signed for an explicit key leaves alone whoever has an account under its frames' key,
    and its sender: there the owner manages the shards.
    """
    gains = []
    for recipient in sorted(journal.touched):
        entry = journal.entries[recipient]
        is_own_key = entry.shard_key == journal.frame_key
        stays = is_own_key and (entry.has_code or transaction.from_key is not None)
        if stays or journal.is_home_of(recipient) or recipient == transaction.sender:
            continue
        gain = entry.balance - journal.balance_before(entry)
        if gain > 0:
            gains.append((recipient, Wei(gain)))
    return tuple(gains)


def _claims(world: World) -> tuple[Claimed, ...]:
    journal, key = world.journal, world.journal.frame_key
    return tuple(
        Claimed(
            recipient,
            key,
            world.endowments[recipient].balance,
            journal.entry(recipient).exists,
        )
        for recipient in world.claims
    )


def _failed(refusal: Rejected) -> Failed:
    return Failed(str(refusal), not isinstance(refusal, GasLimitReached))
