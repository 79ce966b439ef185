"""Which keys of a shard's state a transaction of lane 1 says that it touches, before it runs.

    money to an account        sender and recipient
    a call with an access list sender, target, and what it lists: accounts, and slots by themselves
    anything else              the whole shard

A key is a recipient (its account and code) or recipient ‖ slot. The coinbase and the precompiled contracts are
warm in every transaction, so no access to them is noticed; one key stands for all their accounts, and every
transaction that runs code under a label of keys has it.

A label is a guess, nobody is punished for it: who touches more gets another turn (R16). An access list that
leaves something out means to Ethereum that it costs more gas, and so it does here.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.chain.access_list import warm_keys
from quarkparsec.chain.fork import PRECOMPILES
from quarkparsec.chain.transaction import Transaction
from quarkparsec.ordering.label import WHOLE_SHARD, Key, Keys, Label
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.state.journal import Journal
from quarkparsec.types import Recipient

ALWAYS_WARM: Final[Key] = b""
"""The accounts of the coinbase and of the precompiled contracts."""


def label_of(candidate: Candidate, journal: Journal, context: BlockContext) -> Label:
    """The label under which a candidate gets its first turn, as the state is before all turns."""
    transaction, _, runs_code = candidate
    to = transaction.to
    if to is None or transaction.authorizations:
        return WHOLE_SHARD
    if transaction.access_list:
        return _listed(transaction, to)
    if runs_code or journal.has_code(to) or to in PRECOMPILES[context.fork]:
        return WHOLE_SHARD
    sender, coinbase = transaction.sender, context.coinbase
    keys: Keys = (sender, to) if sender != to else (sender,)
    if coinbase in keys:
        keys += (ALWAYS_WARM,)
    return Label(keys, (), (), keys)


def is_payment(label: Label) -> bool:
    """Whether nothing may run under this label."""
    return not label.is_whole and ALWAYS_WARM not in label.may


def keys_beyond(journal: Journal, label: Label) -> Keys:
    """What the transaction that has just run touched outside its label."""
    if label.is_whole or not journal.accessed:
        return ()
    return tuple(sorted(journal.accessed.difference(label.eager)))


def with_keys(label: Label, keys: Keys) -> Label:
    """A label that allows these, too."""
    return label.join(Label(keys, (), (), keys))


def _listed(transaction: Transaction, to: Recipient) -> Label:
    keys = dict.fromkeys((transaction.sender, to, ALWAYS_WARM))
    for recipient, slots in transaction.access_list:
        keys |= dict.fromkeys(warm_keys(recipient, slots))
    touched = tuple(keys)
    return Label(touched, (), (), touched)
