"""A shard state to test on: its shape, and how to open it."""

from __future__ import annotations

from hypothesis import strategies as st

from quarkparsec.state.genesis_entry import GenesisEntry
from quarkparsec.state.shard_state import ShardState, create_state
from quarkparsec.store import MemoryStore, Store, prefix_stop
from quarkparsec.types import (
    Recipient,
)
from tests.state.words import (
    GENESIS_HASH,
    PLACE,
    SHARD_ID,
    at_home,
    away,
    slot,
)

HISTORY = 3
RECIPIENTS = [*map(at_home, range(1, 6)), *map(away, range(1, 4))]
SLOTS = [slot(number) for number in (0, 1, 2, 2**255)]

recipients = st.sampled_from(RECIPIENTS)
slots = st.sampled_from(SLOTS)
words = st.sampled_from([0, 0, 1, 0x7F, 0x80, 2**256 - 1])


def open_state(store: Store, *, archive: bool = False, history: int = HISTORY) -> ShardState:
    return ShardState(store, SHARD_ID, GENESIS_HASH, history=history, archive=archive)


def new_state(accounts: dict[Recipient, GenesisEntry] | None = None) -> ShardState:
    store = MemoryStore()
    create_state(store, GENESIS_HASH, PLACE, accounts or {})
    return open_state(store)


def rows(store: MemoryStore, table: bytes) -> list[tuple[bytes, bytes]]:
    return list(store.scan(table, prefix_stop(table)))


# --- each rule by itself
