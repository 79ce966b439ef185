"""What clients write to together: lists in contracts on every shard, and accounts whose balances are sets.

A list is a slot of a `KEEPS_LISTS` contract. A *purse* is an account that only ever receives different powers of
two, so its balance is the set of those who paid; it may live on another shard than whoever pays. So one transaction
appends on one shard and adds on others, and a history of them is one for `tests.serializability`.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from typing import Final, NamedTuple

from eth_account import Account
from eth_account.signers.local import LocalAccount

from quarkparsec.crypto.keccak import keccak
from tests.processes.wallet import padded
from tests.serializability.append_history import Add, Append, ReadList, ReadSet

VALUES_MAX: Final = 16
"""Of a list: sixteen times sixteen bits."""
PAYMENTS_MAX: Final = 48
"""To a purse: the last one is of 2^47 wei."""
LISTS_OPEN: Final = 3
"""In each contract at a time."""
PURSES_OPEN: Final = 8
TRASH: Final = 0
"""The slot to append to when nothing is to be appended."""


class ListPlace(NamedTuple):
    """Where a list is."""

    contract: str
    slot: int

    @property
    def key(self) -> str:
        return f"{self.contract}/{self.slot}"

    def append(self, value: int) -> Append:
        return Append(self.key, value)

    def read(self, word: bytes) -> ReadList:
        """What its slot holds, as a list."""
        numbers = [int.from_bytes(word[at : at + 2], "big") for at in range(0, 32, 2)]
        return ReadList(self.key, tuple(filter(None, numbers)))


def read_purse(address: str, balance: int) -> ReadSet:
    """The payments that make up a balance."""
    return ReadSet(address, frozenset(bit for bit in range(PAYMENTS_MAX) if balance >> bit & 1))


class Payment(NamedTuple):
    """Of 2^bit wei to a purse."""

    purse: str
    bit: int

    @property
    def amount(self) -> int:
        return 1 << self.bit

    @property
    def addition(self) -> Add:
        return Add(self.purse, self.bit)


def call_data(
    read: Sequence[ListPlace], slot: int, value: int, payments: Sequence[Payment]
) -> bytes:
    """For a `KEEPS_LISTS` contract; two lists are read, and up to two payments made."""
    words = [each.slot.to_bytes(32, "big") for each in read]
    words += [slot.to_bytes(32, "big"), value.to_bytes(32, "big")]
    for payment in payments:
        words += [padded(payment.purse), payment.amount.to_bytes(32, "big")]
    return b"".join(words)


class Ledger:
    """Says what to write next, so that nothing is written twice; shared by threads."""

    def __init__(self, contracts: Sequence[str], seed: int) -> None:
        self.contracts: Final = tuple(contracts)
        self._chance: Final = random.Random(seed)
        self._lock: Final = threading.Lock()
        self._slots: Final = dict.fromkeys(contracts, TRASH)
        """The newest list of each contract."""
        self._open: Final[dict[str, list[ListPlace]]] = {}
        self._values: Final[dict[ListPlace, int]] = {}
        self._payments: Final[dict[str, int]] = {}
        self._open_purses: Final = [self._new_purse() for _ in range(PURSES_OPEN)]
        for contract in contracts:
            self._open[contract] = [self._new_list(contract) for _ in range(LISTS_OPEN)]

    def next_append(self, contract: str) -> tuple[ListPlace, int]:
        """A list of that contract with room, and a value for it."""
        with self._lock:
            at = self._chance.randrange(LISTS_OPEN)
            if self._values[self._open[contract][at]] == VALUES_MAX:
                self._open[contract][at] = self._new_list(contract)
            place = self._open[contract][at]
            self._values[place] += 1
            return place, self._values[place]

    def next_payment(self) -> Payment:
        """A payment that was never made."""
        with self._lock:
            at = self._chance.randrange(PURSES_OPEN)
            if self._payments[self._open_purses[at]] == PAYMENTS_MAX:
                self._open_purses[at] = self._new_purse()
            purse = self._open_purses[at]
            self._payments[purse] += 1
            return Payment(purse, self._payments[purse] - 1)

    def open_lists(self, contract: str) -> list[ListPlace]:
        """Those that are being appended to."""
        with self._lock:
            return list(self._open[contract])

    def all_lists(self) -> list[ListPlace]:
        with self._lock:
            return list(self._values)

    def purses(self) -> list[str]:
        """All that ever got anything."""
        with self._lock:
            return list(self._payments)

    # --- within

    def _new_list(self, contract: str) -> ListPlace:
        self._slots[contract] += 1
        place = ListPlace(contract, self._slots[contract])
        self._values[place] = 0
        return place

    def _new_purse(self) -> str:
        account: LocalAccount = Account.from_key(keccak(self._chance.randbytes(32)))
        self._payments[account.address] = 0
        return str(account.address)
