"""A shard's flat tables as of an epoch: they must give the state root, and they hold the money.

The tries are rebuilt from the flat tables alone, storage before accounts, and compared with the roots that
the accounts and the header name. At the shard's head the stored trie nodes must be exactly the rebuilt
ones: none missing, none other, none left over.

What a split leaves is there until it is swept, with all that belongs to it: up to the cursor of the sweep entries
must be as they are seen here, after it they may still be whole. Storage that is listed as garbage belongs to
nothing any more, however much of it is left. The past can be read only where no sweep lies between, for a sweep
leaves no history: from the end of it on.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from quarkparsec.audit.findings import Note
from quarkparsec.chain.block import SWEPT, RootBlock
from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.state.account import Account
from quarkparsec.state.foreign import seen_in
from quarkparsec.state.history import table_as_of
from quarkparsec.state.place import Place
from quarkparsec.state.stored import (
    decode_account,
    read_code,
    read_head,
    read_oldest,
    read_place,
    read_sweep,
)
from quarkparsec.state.tables import (
    ACCOUNT,
    ACCOUNT_NODE,
    GARBAGE_STORAGE,
    STORAGE,
    STORAGE_NODE,
    code_key,
    storage_node_prefix,
)
from quarkparsec.store import Reader, prefix_stop
from quarkparsec.trie.rebuilding import Visit, rebuild
from quarkparsec.types import RECIPIENT_BYTES, Epoch, Hash32, Recipient, ShardId, Wei

_SLOT_START: Final = len(STORAGE) + RECIPIENT_BYTES


def is_shown(reader: Reader, shard_id: ShardId, root: RootBlock) -> bool:
    """Whether the tables still show the state of a shard as of `root`. Raises Corrupt."""
    if root.number < read_oldest(reader) or root.shard_count != read_place(reader).shard_count:
        return False
    summary = root.summaries[shard_id]
    return summary.sweep == SWEPT or summary.shard_header().number == read_head(reader).epoch


class TableAudit:
    """The tables of one shard as they were after `epoch`, swept up to `sweep`."""

    def __init__(
        self, reader: Reader, place: Place, epoch: Epoch, sweep: bytes, note: Note
    ) -> None:
        self._place: Final = place
        self._reader: Final = reader
        self._epoch: Final = epoch
        self._sweep: Final = sweep
        self._note: Final = note
        self._is_head: Final = epoch >= read_head(reader).epoch
        self._garbage: Final = set(_listed(reader))
        """Whose storage isn't there, whatever is left of it."""
        self._nodes = self._balances = 0
        self._codes: Final[set[Hash32]] = set()
        """Those that were looked at."""

    def check(self, state_root: Hash32) -> Wei:
        """Note whatever differs from what `state_root` commits to; the sum of all own balances."""
        self._check_marks()
        storage_roots = dict(self._storage_roots())
        leaves = list(self._leaves(storage_roots))
        for recipient in storage_roots:
            self._note(f"{recipient.hex()} has storage but no account")
        root = rebuild(leaves, self._visit(ACCOUNT_NODE))
        if root != state_root:
            self._note(f"the accounts give state root {root.hex()}, not {state_root.hex()}")
        if self._is_head:
            self._check_node_count()
        return Wei(self._balances)

    def _check_marks(self) -> None:
        if read_place(self._reader) != self._place:
            self._note("the database says to be another shard's")
        if self._is_head and read_sweep(self._reader) != self._sweep:
            self._note("the database is swept to elsewhere than the root block says")

    def _storage_roots(self) -> Iterator[tuple[Recipient, Hash32]]:
        rows = table_as_of(self._reader, STORAGE, self._epoch)
        for recipient, slots in groupby(rows, key=_recipient_of):
            if recipient in self._garbage:
                continue
            leaves = ((keccak(key[_SLOT_START:]), rlp.encode_bytes(word)) for key, word in slots)
            yield recipient, rebuild(leaves, self._visit(storage_node_prefix(recipient)))

    def _leaves(self, storage_roots: dict[Recipient, Hash32]) -> Iterator[tuple[bytes, bytes]]:
        """The account trie's leaves; takes out of `storage_roots` what has an account."""
        for key, encoded in table_as_of(self._reader, ACCOUNT, self._epoch):
            recipient = _recipient_of((key, encoded))
            account = decode_account(encoded)
            self._balances += account.balance if self._place.owns(account.shard_key) else 0
            self._check_swept(recipient, account)
            storage_root = storage_roots.pop(recipient, EMPTY_TRIE_ROOT)
            if account.storage_root != storage_root:
                self._note(
                    f"the slots of {recipient.hex()} give storage root {storage_root.hex()}, "
                    f"not {account.storage_root.hex()}"
                )
            self._check_code(recipient, account)
            yield keccak(recipient), encoded

    def _check_swept(self, recipient: Recipient, account: Account) -> None:
        if self._sweep != SWEPT and recipient >= self._sweep:
            return
        if seen_in(self._place, recipient, account, self._code_of) != account:
            self._note(f"{recipient.hex()} is the other half's, but it isn't swept")

    def _code_of(self, code_hash: Hash32) -> bytes | None:
        return self._reader.get(code_key(code_hash))

    def _check_code(self, recipient: Recipient, account: Account) -> None:
        if not account.has_code or account.code_hash in self._codes:
            return
        self._codes.add(account.code_hash)
        if keccak(read_code(self._reader, account.code_hash)) != account.code_hash:
            self._note(f"the code of {recipient.hex()} has another hash")

    def _visit(self, prefix: bytes) -> Visit:
        """Compares a trie's nodes with the stored ones; only the head's are stored."""

        def visit(path: bytes, encoded: bytes) -> None:
            self._nodes += 1
            if self._is_head and self._reader.get(prefix + path) != encoded:
                self._note(f"the trie node at {(prefix + path).hex()} is missing or another")

        return visit

    def _check_node_count(self) -> None:
        stored = sum(
            1
            for table in (ACCOUNT_NODE, STORAGE_NODE)
            for row in self._reader.scan(table, prefix_stop(table))
            if table == ACCOUNT_NODE or _recipient_of(row) not in self._garbage
        )
        if stored > self._nodes:
            self._note(f"{stored - self._nodes} stored trie nodes belong to no trie")


def _listed(reader: Reader) -> Iterator[Recipient]:
    for key, _ in reader.scan(GARBAGE_STORAGE, prefix_stop(GARBAGE_STORAGE)):
        yield Recipient(key[len(GARBAGE_STORAGE) :])


def _recipient_of(row: tuple[bytes, bytes]) -> Recipient:
    """Whose row it is: a table's letter, the recipient, and for storage the slot."""
    return Recipient(row[0][len(ACCOUNT) : len(ACCOUNT) + RECIPIENT_BYTES])
