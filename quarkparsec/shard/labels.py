"""Which keys of a shard's state a transaction of lane 1 says that it touches, before it runs.

    money to an account        sender and recipient
    a call with an access list sender, target, and what it lists: accounts, and slots by themselves
    anything else              the whole shard

A key is a recipient (its account and code) or recipient ‖ slot. The coinbase and the precompiled contracts are
warm in every transaction, so no access to them is noticed; one key stands for all their accounts, and every
transaction that runs code under a label of keys has it.

A label is made once, as the transaction enters the pool, and of nothing but the transaction and the genesis. So
it is a guess, and nobody is punished for it: who touches more gets another turn (R16), as does money to what
has turned out to be a contract. An access list that leaves something out means to Ethereum that it costs
more gas, and so it does here.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.chain.access_list import warm_keys
from quarkparsec.chain.fork import PRECOMPILES
from quarkparsec.chain.transaction import Transaction
from quarkparsec.ordering.label import NO_KEYS, WHOLE_SHARD, Key, Keys, Label
from quarkparsec.ordering.messages import TransactionCandidate
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.admission import Rules
from quarkparsec.state.journal import Journal
from quarkparsec.types import Recipient

ALWAYS_WARM: Final[Key] = b""
"""The accounts of the coinbase and of the precompiled contracts."""


def labelled(candidate: Candidate, rules: Rules) -> TransactionCandidate:
    """The candidate as the ordering machine takes it."""
    transaction = candidate.transaction
    label = label_of(candidate, rules)
    return TransactionCandidate(
        transaction.hash, transaction.sender, transaction.nonce, label, candidate
    )


def label_of(candidate: Candidate, rules: Rules) -> Label:
    """The label under which a candidate gets its first turn."""
    transaction, _, runs_code = candidate
    to = transaction.to
    if to is None or transaction.authorizations:
        return WHOLE_SHARD
    if transaction.access_list:
        return _listed(transaction, to)
    if runs_code or to in PRECOMPILES[rules.fork]:
        return WHOLE_SHARD
    keys = frozenset((transaction.sender, to))
    return _touching(keys | {ALWAYS_WARM} if rules.coinbase in keys else keys)


def is_payment(label: Label) -> bool:
    """Whether nothing may run under this label."""
    return not label.is_whole and ALWAYS_WARM not in label.may


def keys_beyond(journal: Journal, label: Label) -> Keys:
    """What the transaction that has just run touched outside its label."""
    if label.is_whole or not journal.accessed:
        return NO_KEYS
    return journal.accessed.difference(label.eager)


def with_keys(label: Label, keys: Keys) -> Label:
    """A label that allows these, too."""
    return label.join(_touching(keys))


def _touching(keys: Keys) -> Label:
    """The label of what reads these keys and may write them."""
    return Label(eager=keys, may=keys)


def _listed(transaction: Transaction, to: Recipient) -> Label:
    listed = [warm_keys(recipient, slots) for recipient, slots in transaction.access_list]
    return _touching(frozenset((transaction.sender, to, ALWAYS_WARM)).union(*listed))
