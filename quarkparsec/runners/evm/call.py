"""Runs a call that nobody signed and keeps nothing of it (eth_call).

The caller may spend anybody's money and names its own gas limit; without a fee cap gas is free and the
block's base fee reads as 0, as in geth. A sender from another shard has the nonce of its home and is a guest, as
under a ticket (executor): it must be able to pay for gas and value, brings that with it, and no more of its money
is seen. A contract created away from its home gets what waits there, if whoever asks knows it. A clock, injected
as `out_of_time`, stops what takes too long: it is looked at on every JUMPDEST, frame and precompiled contract,
so no loop can hide from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from quarkparsec.chain.access_list import AccessList
from quarkparsec.chain.authorization import Authorization
from quarkparsec.chain.fees import effective_gas_price, floor_gas, intrinsic_gas
from quarkparsec.chain.legs import Endowment
from quarkparsec.chain.transaction import DYNAMIC_FEE, SET_CODE, Transaction
from quarkparsec.errors import Rejected, Unavailable
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.runners.evm.authorizations import apply_authorizations
from quarkparsec.runners.evm.faults import words_of
from quarkparsec.runners.evm.forks import WATCHED_RULES
from quarkparsec.runners.evm.outermost import gas_after_refund, make_warm, run_outermost
from quarkparsec.runners.evm.read_only_world import ReadOnlyWorld
from quarkparsec.runners.evm.world import NO_ENDOWMENTS
from quarkparsec.runners.validity import check_target, insufficient_funds, is_meant
from quarkparsec.state.journal import Journal
from quarkparsec.types import Gas, Hash32, Recipient, ShardKey, Wei


class GasTooLow(Rejected):
    """The gas limit doesn't even pay for what a call costs before it runs."""


class HomesNeeded(Unavailable):
    """The call creates contracts of which their homes, in other shards, must say what waits there."""

    def __init__(self, recipients: tuple[Recipient, ...]) -> None:
        super().__init__("the homes of new contracts have to be asked first")
        self.recipients: Final = recipients


class Purse(NamedTuple):
    """What the sender has in the shard that it is from."""

    nonce: int
    balance: Wei


class Call(NamedTuple):
    """What to run. `to` None runs `data` as init code."""

    sender: Recipient
    to: Recipient | None
    to_key: ShardKey
    """The key of the frames: of the contract at `to`, resolved; of the sender's home for a creation."""
    gas_limit: Gas
    value: Wei = Wei(0)
    data: bytes = b""
    max_fee_per_gas: Wei = Wei(0)
    """0: nobody pays for gas."""
    max_priority_fee_per_gas: Wei = Wei(0)
    access_list: AccessList = ()
    authorizations: tuple[Authorization, ...] = ()
    key: ShardKey | None = None
    """The explicit key of sender and target; None: the cluster decides."""
    purse: Purse | None = None
    """If the sender is from another shard: its account there, in place of what it has here."""
    endowments: Mapping[Recipient, Endowment] = NO_ENDOWMENTS
    """What waits for new contracts at their homes, as far as it is known."""

    def unsigned(self) -> Transaction:
        """The transaction that this would be, but for nonce and signature."""
        return Transaction(
            type=SET_CODE if self.authorizations else DYNAMIC_FEE,
            chain_id=0,
            nonce=0,
            max_priority_fee_per_gas=self.max_priority_fee_per_gas,
            max_fee_per_gas=self.max_fee_per_gas,
            gas_limit=self.gas_limit,
            to=self.to,
            value=self.value,
            data=self.data,
            access_list=self.access_list,
            authorizations=self.authorizations,
            parity=0,
            r=0,
            s=0,
            sender=self.sender,
            hash=Hash32(b""),
            raw=b"",
            from_key=self.key,
            to_key=self.key,
        )


class CallResult(NamedTuple):
    """How a call ended."""

    gas_used: Gas
    refund: Gas
    """What was taken off the gas used (EIP-3529)."""
    output: bytes
    """What it returned or reverted with."""
    error: str | None
    """In geth's words, or None."""
    strangers: tuple[Recipient, ...]
    """Whom the code took for a contract and found none that it may see (read_only_world)."""


def call(
    journal: Journal, call: Call, block: BlockContext, out_of_time: Callable[[], bool]
) -> CallResult:
    """Run `call` on top of the journal and take everything back.

    Raises Rejected if it can't be run at all (funds, fee cap, intrinsic gas), HomesNeeded if it must be run
    again with more endowments, OutOfTime if it is stopped.
    """
    if call.max_fee_per_gas == 0:
        block = block._replace(base_fee=Wei(0))
    transaction = call.unsigned()
    _check_fees(call, block)
    _check_funds(journal, call)
    check_target(journal, transaction, block.fork)
    intrinsic = intrinsic_gas(transaction, block.fork)
    floor = floor_gas(transaction, block.fork)
    if call.gas_limit < max(intrinsic, floor):
        want = max(intrinsic, floor)
        raise GasTooLow(f"intrinsic gas too low: have {call.gas_limit}, want {want}")
    journal.begin_transaction(call.to_key)
    rules = WATCHED_RULES[block.fork]
    try:
        gas_price = effective_gas_price(transaction, block.base_fee)
        world = ReadOnlyWorld(
            journal, block, rules, call.sender, gas_price, out_of_time, call.endowments
        )
        return _run(world, call, intrinsic, floor)
    finally:
        journal.rollback(0)
        journal.begin_transaction(ShardKey(0))


def available(journal: Journal, call: Call) -> int:
    """What the sender has to spend, in wei."""
    if call.purse is not None:
        return call.purse.balance
    sender = journal.entry(call.sender)
    return sender.balance if is_meant(sender, call.key) else 0


def _run(world: ReadOnlyWorld, call: Call, intrinsic: int, floor: int) -> CallResult:
    journal, limit = world.journal, call.gas_limit
    if call.purse is not None:
        journal.set_nonce(call.sender, call.purse.nonce)
        journal.set_balance(call.sender, limit * world.gas_price + call.value)
    journal.add_balance(call.sender, -limit * world.gas_price)
    journal.set_nonce(call.sender, journal.entry(call.sender).nonce + 1)
    if call.to is not None:
        world.meet(call.to)
    make_warm(world, call.to, call.access_list)
    apply_authorizations(world, call.authorizations)
    outermost = run_outermost(world, call.to, call.value, call.data, limit - intrinsic)
    if world.missing:
        raise HomesNeeded(tuple(sorted(world.missing)))
    spent = limit - outermost.gas_left
    gas_used = gas_after_refund(world, limit, outermost.gas_left, floor)
    fault = outermost.fault
    return CallResult(
        Gas(gas_used),
        Gas(max(spent - gas_used, 0)),
        outermost.output,
        words_of(fault) if fault else None,
        tuple(world.strangers),
    )


def _check_fees(call: Call, block: BlockContext) -> None:
    if call.max_priority_fee_per_gas > call.max_fee_per_gas:
        raise Rejected("max priority fee per gas higher than max fee per gas")
    if call.max_fee_per_gas < block.base_fee:
        raise Rejected(
            "max fee per gas less than block base fee: "
            f"maxFeePerGas: {call.max_fee_per_gas}, baseFee: {block.base_fee}"
        )


def _check_funds(journal: Journal, call: Call) -> None:
    cost = call.gas_limit * call.max_fee_per_gas + call.value
    balance = available(journal, call)
    if balance < cost:
        raise insufficient_funds(journal.entry(call.sender), balance, call.key, cost)
