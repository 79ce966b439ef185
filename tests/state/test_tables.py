"""The layout: no table lies in another."""

from __future__ import annotations

from itertools import permutations

from quarkparsec.shard import block_rows
from quarkparsec.state import tables
from quarkparsec.state.tables import (
    ACCOUNT,
    ACCOUNT_NODE,
    CHANGED,
    CODE,
    DIFF,
    GENESIS_KEY,
    HEAD_KEY,
    OLDEST_KEY,
    SCHEMA_KEY,
    STORAGE,
    STORAGE_NODE,
    decode_epoch,
    encode_epoch,
)

STATE_TABLES = [ACCOUNT, STORAGE, CODE, ACCOUNT_NODE, STORAGE_NODE, DIFF, CHANGED]
META_KEYS = [SCHEMA_KEY, GENESIS_KEY, HEAD_KEY, OLDEST_KEY]


def test_no_table_or_meta_key_starts_another() -> None:
    block_tables = [
        value for value in vars(block_rows).values() if isinstance(value, bytes) and value
    ]
    assert len(block_tables) > 3
    starts = [*STATE_TABLES, *META_KEYS, *block_tables]
    assert not [pair for pair in permutations(starts, 2) if pair[0].startswith(pair[1])]


def test_the_layouts_description_names_every_table() -> None:
    assert tables.__doc__ is not None
    rows = {line.split()[0] for line in tables.__doc__.splitlines() if line.startswith("    ")}
    assert {table.decode() for table in STATE_TABLES} < rows


def test_the_order_of_encoded_epochs_is_that_of_time() -> None:
    epochs = [0, 1, 255, 256, 2**32, 2**63]
    assert sorted(map(encode_epoch, reversed(epochs))) == [encode_epoch(epoch) for epoch in epochs]
    assert [decode_epoch(encode_epoch(epoch)) for epoch in epochs] == epochs
