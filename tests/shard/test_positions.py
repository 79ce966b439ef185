"""A transaction is found in a body that still grows, as far as it is said to be there."""

from __future__ import annotations

from quarkparsec.chain.block import Entry
from quarkparsec.crypto.keccak import keccak
from quarkparsec.shard.positions import Positions
from quarkparsec.types import Recipient, ShardKey


def entry(name: bytes) -> Entry:
    return Entry(name, Recipient(bytes(20)), ShardKey(0))


def test_a_transaction_is_found_once_the_body_has_come_to_it() -> None:
    entries = [entry(b"a"), entry(b"b")]
    positions = Positions(entries)
    assert [positions.find(keccak(each), 2) for each in (b"a", b"b", b"c")] == [0, 1, None]
    entries.append(entry(b"c"))
    assert positions.find(keccak(b"c"), 2) is None
    assert positions.find(keccak(b"c"), 3) == 2


def test_what_lies_beyond_the_count_is_not_found_though_it_is_known() -> None:
    positions = Positions([entry(b"a"), entry(b"b")])
    assert positions.find(keccak(b"b"), 2) == 1
    assert positions.find(keccak(b"b"), 1) is None
