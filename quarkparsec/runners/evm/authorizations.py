"""Set-code authorizations: accounts that let a contract's code run as their own (EIP-7702).

They are applied before the transaction's first frame and stay even if that frame fails. One that isn't
valid is skipped.

An authorization is for one account. Signed for the cluster's chain id, or for any chain (0), it is for the
authority's home account; signed for the chain id of a shard key, for its account under that key, which must
be there already. Valid are only those for accounts under the transaction's own key: the nonce of another may
be known elsewhere only, and what a transaction does must not depend on who shares its shard.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.chain.authorization import Authorization
from quarkparsec.chain.chain_ids import split_chain_id
from quarkparsec.limits import ACCOUNT_NONCE_MAX
from quarkparsec.runners.evm.world import World
from quarkparsec.state.account import DELEGATION_PREFIX, delegate_of

EXISTING_AUTHORITY_REFUND: Final = 25_000 - 12_500
"""Intrinsic gas pays for a new account; an authority that exists already is cheaper."""

_NOBODY: Final = bytes(20)
"""Delegating to this one ends the delegation."""


def apply_authorizations(world: World, authorizations: tuple[Authorization, ...]) -> None:
    """Set or clear the delegations that the tuples ask for, in their order."""
    for authorization in authorizations:
        _apply(world, authorization)


def _apply(world: World, authorization: Authorization) -> None:
    journal = world.journal
    cluster, named_key = split_chain_id(authorization.chain_id)
    if cluster not in (0, world.block.chain_id):
        return
    if authorization.nonce >= ACCOUNT_NONCE_MAX:
        return
    authority = authorization.authority()
    if authority is None:
        return
    key = journal.key_at_home(authority) if named_key is None else named_key
    if key != journal.frame_key:
        return
    journal.make_warm(authority)
    entry = journal.entry(authority)
    if named_key is not None and not (entry.exists and entry.shard_key == named_key):
        return
    if entry.has_code and delegate_of(journal.code(authority)) is None:
        return
    if entry.nonce != authorization.nonce:
        return
    if entry.exists:
        world.refund += EXISTING_AUTHORITY_REFUND
    delegate = authorization.recipient
    journal.set_code(authority, b"" if delegate == _NOBODY else DELEGATION_PREFIX + delegate)
    journal.set_nonce(authority, entry.nonce + 1)
