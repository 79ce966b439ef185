"""The contract rule: code of another shard key is a stub that reverts.

A call to code whose shard key differs from the running frame's behaves exactly as a call to the code
`600080fd` (PUSH1 0, DUP1, REVERT): the same flag, return data and gas, and EXTCODESIZE, EXTCODEHASH and
EXTCODECOPY see those four bytes. Contracts of one key always share a shard, those of two keys need not;
so a program that only ever sees its own key's code runs alike before and after any reshard. The account
that delegates (EIP-7702) and the one it delegates to are both held to the rule.

Universal contracts exist in every shard and belong to no key: everybody sees their code.
"""

from __future__ import annotations

from quarkparsec.crypto.keccak import EMPTY_HASH
from quarkparsec.runners.evm.world import World
from quarkparsec.state.foreign import FOREIGN_STUB, FOREIGN_STUB_HASH
from quarkparsec.types import Hash32, Recipient


def is_foreign(world: World, recipient: Recipient) -> bool:
    """Whether the account has code that the running transaction's key doesn't see."""
    journal = world.journal
    entry = journal.entry(recipient)
    return (
        entry.shard_key != journal.frame_key
        and entry.code_hash != EMPTY_HASH
        and recipient not in world.block.universal
    )


def visible_code(world: World, recipient: Recipient) -> bytes:
    """The code that this transaction sees at an account."""
    return FOREIGN_STUB if is_foreign(world, recipient) else world.journal.code(recipient)


def visible_code_hash(world: World, recipient: Recipient) -> Hash32:
    """The hash of `visible_code`."""
    if is_foreign(world, recipient):
        return FOREIGN_STUB_HASH
    return world.journal.entry(recipient).code_hash
