"""What the frames of a transaction see of accounts: all of those under their shard key, of others next to nothing.

*The contract rule.* Code of another shard key is a stub that reverts. A call to it behaves exactly as a call to
the code `600080fd` (PUSH1 0, DUP1, REVERT): the same flag, return data and gas, and EXTCODESIZE, EXTCODEHASH
and EXTCODECOPY see those four bytes.

*User accounts* of another key have no code, even if they delegate (EIP-7702), and of money only what they have
gained in this very transaction: who pays sees the payment arrive. Until then they don't exist, so the first wei
costs what a new account costs. It goes to the account's home, wherever that is. Of the transaction's sender
it is known that it exists.

Contracts of one key always share a shard, those of two keys need not; so a program that sees its own key's
accounts and nothing else runs alike before and after any reshard. The account that delegates and the one it
delegates to are both held to the rule. Universal contracts have every key (state/universal).
"""

from __future__ import annotations

from quarkparsec.crypto.keccak import EMPTY_HASH
from quarkparsec.runners.evm.world import World
from quarkparsec.state.account import delegate_of
from quarkparsec.state.entry import Entry
from quarkparsec.state.foreign import FOREIGN_STUB, FOREIGN_STUB_HASH
from quarkparsec.types import Hash32, Recipient


def is_foreign(world: World, recipient: Recipient) -> bool:
    """Whether there is a contract that the running transaction's key doesn't see."""
    entry = world.journal.entry(recipient)
    return _is_other(world, entry) and _is_contract(world, entry)


def visible_code(world: World, recipient: Recipient) -> bytes:
    """The code that this transaction sees at an account."""
    entry = world.journal.entry(recipient)
    if not _is_other(world, entry):
        return world.journal.code(recipient)
    return FOREIGN_STUB if _is_contract(world, entry) else b""


def visible_code_hash(world: World, recipient: Recipient) -> Hash32:
    """The hash of `visible_code`."""
    entry = world.journal.entry(recipient)
    if not _is_other(world, entry):
        return world.journal.code_hash(recipient)
    return FOREIGN_STUB_HASH if _is_contract(world, entry) else EMPTY_HASH


def is_dead(world: World, recipient: Recipient) -> bool:
    """Whether this transaction sees nothing at an account (EIP-161)."""
    journal, entry = world.journal, world.journal.entry(recipient)
    if recipient == world.origin:
        return False
    if _is_other(world, entry):
        return not (_is_contract(world, entry) or world.get_balance(recipient))
    return (not entry.exists or entry.is_empty) and not journal.has_code(recipient)


def _is_other(world: World, entry: Entry) -> bool:
    return entry.shard_key != world.journal.frame_key


def _is_contract(world: World, entry: Entry) -> bool:
    return entry.has_code and delegate_of(world.journal.code(entry.recipient)) is None
