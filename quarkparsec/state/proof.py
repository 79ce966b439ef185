"""What an account holds, with the trie nodes that prove it (EIP-1186).

The answer is read from the tries themselves, so it can't differ from what its proof shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.limits import PROOF_CACHE_NODES_MAX
from quarkparsec.state.account import Account
from quarkparsec.state.sealing import node_reader
from quarkparsec.state.stored import decode_account, read_head
from quarkparsec.state.tables import ACCOUNT_NODE, storage_node_prefix
from quarkparsec.store import Reader
from quarkparsec.trie.cache import NodeCache
from quarkparsec.trie.trie import Trie
from quarkparsec.types import Recipient, Slot


class Proof(NamedTuple):
    """An account and slots of it, against the state root of a shard's head."""

    account: Account | None
    nodes: list[bytes]
    slots: list[tuple[int, list[bytes]]]
    """For each slot asked its word and its nodes."""


def prove(snapshot: Reader, recipient: Recipient, slots: Iterable[Slot]) -> Proof:
    """Prove an entry, or that there is none, and words of its storage. Raises Corrupt."""
    cache = NodeCache(PROOF_CACHE_NODES_MAX)
    root = read_head(snapshot).root
    accounts = Trie(node_reader(snapshot, ACCOUNT_NODE), root, cache)
    leaf = accounts.get(keccak(recipient))
    account = decode_account(leaf) if leaf else None
    storage_root = account.storage_root if account else EMPTY_TRIE_ROOT
    storage = Trie(node_reader(snapshot, storage_node_prefix(recipient)), storage_root, cache)
    proven = [(_word(storage, slot), storage.prove(keccak(slot))) for slot in slots]
    return Proof(account, accounts.prove(keccak(recipient)), proven)


def _word(storage: Trie, slot: Slot) -> int:
    leaf = storage.get(keccak(slot))
    return rlp.scalar(rlp.decode(leaf)) if leaf else 0
