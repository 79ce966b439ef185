"""What the journal says a random transaction touched is what stock py-evm touches, in frames that revert, too.

By these keys a transaction of lane 1 is held to its label, and one of lane 2 judged: a key left out would let
two of them cross. They are what the executor reports when it has finished.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from quarkparsec.types import Slot
from tests.conformance.test_random_programs import TRANSACTIONS, anything, batches, seeds, world
from tests.conformance.worlds import SENDER, Ours, PyEvm, Sending
from tests.runners.scene import COINBASE


class Traced(PyEvm):
    """Stock py-evm that remembers which accounts and slots it found cold."""

    def __init__(self, contracts: Mapping[bytes, bytes]) -> None:
        super().__init__(contracts)
        self.accessed: set[bytes] = set()
        mark_account, mark_slot = self.state.mark_address_warm, self.state.mark_storage_warm

        def account(address: bytes) -> None:
            self.accessed.add(address)
            mark_account(address)

        def slot(address: bytes, number: int) -> None:
            self.accessed.add(address + Slot(number.to_bytes(32, "big")))
            mark_slot(address, number)

        self.state.mark_address_warm = account
        self.state.mark_storage_warm = slot


def declared(sending: Sending) -> set[bytes]:
    """What is warm from the beginning: the coinbase, and what the transaction names, which is in its label."""
    listed = {account + one for account, slots in sending.access_list for one in slots}
    return {COINBASE, SENDER, sending.to or b"", *dict(sending.access_list), *listed}


@pytest.mark.parametrize("batch", batches(200, thorough=4000))
def test_the_keys_that_random_transactions_touch_are_those_of_py_evm(batch: int) -> None:
    alike = total = 0
    for seed in seeds(batch):
        dice = random.Random(seed)
        generator, contracts = world(seed)
        mine, other = Ours(contracts), Traced(contracts)
        for _ in range(TRANSACTIONS):
            sending = anything(generator, dice)
            other.accessed.clear()
            mine.send(sending)
            other.send(sending)
            known = declared(sending)
            ours, theirs = mine.scene.journal.accessed - known, other.accessed - known
            assert theirs <= ours, f"seed {seed}"
            alike, total = alike + (ours == theirs), total + 1
    assert alike > 0.85 * total  # ours has the key, too, for which a frame hadn't gas enough
