"""What a database may not say."""

from __future__ import annotations

import pytest

from quarkparsec.codec import rlp
from quarkparsec.errors import Corrupt
from quarkparsec.state.stored import (
    Head,
    decode_account,
    decode_flat_keys,
    decode_word,
    read_code,
    read_head,
    read_oldest,
)
from quarkparsec.state.tables import HEAD_KEY, OLDEST_KEY, encode_epoch
from quarkparsec.store import MemoryStore
from quarkparsec.types import Epoch, Hash32, ShardKey
from tests.state.words import new_account

ROOT = Hash32(b"\x07" * 32)


def test_a_head_reads_back() -> None:
    head = Head(Epoch(2**40), ROOT)
    assert read_head(MemoryStore({HEAD_KEY: head.encode()})) == head


@pytest.mark.parametrize("encoded", [b"", encode_epoch(1), encode_epoch(1) + ROOT + b"\x00"])
def test_a_malformed_head_is_corruption(encoded: bytes) -> None:
    with pytest.raises(Corrupt):
        read_head(MemoryStore({HEAD_KEY: encoded}))


def test_a_database_without_a_head_or_a_past_is_corrupt() -> None:
    with pytest.raises(Corrupt):
        read_head(MemoryStore())
    with pytest.raises(Corrupt):
        read_oldest(MemoryStore())
    with pytest.raises(Corrupt):
        read_oldest(MemoryStore({OLDEST_KEY: b"\x01"}))


def test_missing_code_is_corruption() -> None:
    with pytest.raises(Corrupt):
        read_code(MemoryStore(), ROOT)


def test_a_malformed_account_is_corruption() -> None:
    encoded = new_account(ShardKey(7)).encode()
    assert decode_account(encoded) == new_account(ShardKey(7))
    for malformed in (b"", encoded[:-1], encoded + b"\x00", rlp.encode([b""] * 5)):
        with pytest.raises(Corrupt):
            decode_account(malformed)


def test_a_malformed_list_of_keys_is_corruption() -> None:
    assert decode_flat_keys(rlp.encode([b"one", b"two"])) == [b"one", b"two"]
    for malformed in (
        b"",
        b"\x80",
        rlp.encode([b"one", [b"two"]]),
        rlp.encode([b"one"]) + b"\x00",
    ):
        with pytest.raises(Corrupt):
            decode_flat_keys(malformed)


def test_no_row_is_the_word_0() -> None:
    assert decode_word(None) == 0
    assert decode_word(b"\x01\x00") == 256
