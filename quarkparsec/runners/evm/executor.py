"""Executes one transaction against the open epoch: check, buy gas, run, settle.

The sender pays gas used × gas price. Of that the base fee is burned; the tip is returned in `Done` and
credited to nobody here: one account that every transaction writes would put them all in one row. Lane 4
pays the coinbase once an epoch.
"""

from __future__ import annotations

from quarkparsec.chain.transaction import Transaction
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.runners.evm.authorizations import apply_authorizations
from quarkparsec.runners.evm.faults import words_of
from quarkparsec.runners.evm.forks import RULES
from quarkparsec.runners.evm.outermost import gas_after_refund, make_warm, run_outermost
from quarkparsec.runners.evm.world import World
from quarkparsec.runners.outcome import FAILURE, SUCCESS, Done
from quarkparsec.runners.transfer import is_transfer, transfer
from quarkparsec.runners.validity import Terms, check
from quarkparsec.state.journal import Journal
from quarkparsec.types import Gas, ShardKey, Wei


def execute(
    journal: Journal,
    transaction: Transaction,
    to_key: ShardKey,
    block: BlockContext,
    gas_left: int | None = None,
) -> Done:
    """Run a transaction in frames of key `to_key` and keep its effects in the journal.

    `to_key`: the key of the contract at `to`, resolved; the sender's home key for a creation, a universal
    contract or a precompiled one. `gas_left`: what is left of the block's gas limit (all of it if not
    given). Raises Rejected before anything changes if the transaction may not be in this block.
    """
    terms = check(journal, transaction, block, block.gas_limit if gas_left is None else gas_left)
    recipient = transaction.to
    if recipient is not None and is_transfer(journal, transaction, recipient, block):
        return transfer(journal, transaction, recipient, to_key, terms)
    return run_in_frames(journal, transaction, to_key, block, terms)


def run_in_frames(
    journal: Journal, transaction: Transaction, to_key: ShardKey, block: BlockContext, terms: Terms
) -> Done:
    """Run a checked transaction, whatever it is, in the EVM."""
    sender, limit = transaction.sender, transaction.gas_limit
    world = World(journal, block, RULES[block.fork], sender, terms.gas_price)
    journal.begin_transaction(to_key)
    journal.set_nonce(sender, transaction.nonce + 1)
    journal.add_balance(sender, -limit * terms.gas_price)
    make_warm(world, transaction.to, transaction.access_list)
    apply_authorizations(world, transaction.authorizations)
    outermost = run_outermost(
        world, transaction.to, transaction.value, transaction.data, limit - terms.intrinsic_gas
    )
    gas_used = gas_after_refund(world, limit, outermost.gas_left, terms.floor_gas)
    journal.add_balance(sender, (limit - gas_used) * terms.gas_price)
    _end(world)
    fault = outermost.fault
    return Done(
        FAILURE if fault else SUCCESS,
        Gas(gas_used),
        Wei(gas_used * terms.tip),
        tuple(world.logs),
        outermost.output,
        outermost.contract,
        words_of(fault) if fault else None,
    )


def _end(world: World) -> None:
    """Delete contracts that destroyed themselves, and accounts left empty."""
    for recipient in world.destroyed:
        world.journal.destroy(recipient)
    world.journal.burned += world.burned
    world.journal.end_transaction()
