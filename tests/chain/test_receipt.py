"""Receipts, logs and blooms against py-evm's."""

from __future__ import annotations

import pytest
from eth.rlp.logs import Log as ReferenceLog
from eth.rlp.receipts import Receipt as ReferenceReceipt
from eth_bloom.bloom import BloomFilter
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.chain.bloom import EMPTY_BLOOM, bloom, may_contain, union
from quarkparsec.chain.log import Log
from quarkparsec.chain.receipt import Receipt
from quarkparsec.codec import rlp
from quarkparsec.errors import InvalidInput
from quarkparsec.types import Gas, Hash32, Recipient, Wei

RECIPIENTS = st.binary(min_size=20, max_size=20).map(Recipient)
TOPICS = st.binary(min_size=32, max_size=32).map(Hash32)
LOGS = st.lists(
    st.builds(Log, RECIPIENTS, st.lists(TOPICS, max_size=4).map(tuple), st.binary(max_size=80)),
    max_size=4,
).map(tuple)


@st.composite
def receipts(draw: st.DrawFn) -> Receipt:
    logs = draw(LOGS)
    return Receipt(
        draw(st.sampled_from([0, 1, 2, 4])),
        draw(st.integers(0, 1)),
        Gas(draw(st.integers(0, 2**64 - 1))),
        bloom(logs),
        logs,
        Gas(draw(st.integers(0, 2**64 - 1))),
        Wei(draw(st.integers(0, 2**256 - 1))),
        draw(st.none() | RECIPIENTS),
    )


@given(receipts())
def test_the_consensus_encoding_is_ethereums(receipt: Receipt) -> None:
    logs = [
        ReferenceLog(
            log.recipient, [int.from_bytes(topic, "big") for topic in log.topics], log.data
        )
        for log in receipt.logs
    ]
    status = b"\x01" if receipt.status else b""
    expected = ReferenceReceipt(status, receipt.cumulative_gas_used, logs).encode()
    prefix = bytes((receipt.type,)) if receipt.type else b""
    assert receipt.encode() == prefix + expected


@given(receipts())
def test_what_is_stored_is_read_back(receipt: Receipt) -> None:
    assert Receipt.decode_stored(receipt.encode_stored()) == receipt


@given(receipts(), st.integers(min_value=0), st.integers(0, 255))
def test_changed_bytes_are_refused_or_read_as_what_they_say(
    receipt: Receipt, place: int, byte: int
) -> None:
    encoded = bytearray(receipt.encode_stored())
    encoded[place % len(encoded)] = byte
    try:
        read = Receipt.decode_stored(bytes(encoded))
    except InvalidInput:
        return
    assert read.encode_stored() == encoded


@pytest.mark.parametrize(
    "log",
    [
        b"",
        [],
        [b"\x11" * 20, [], b"", b""],
        [b"\x11" * 19, [], b""],
        [[], [], b""],
        [b"\x11" * 20, b"", b""],
        [b"\x11" * 20, [b"\x22" * 31], b""],
        [b"\x11" * 20, [[]], b""],
        [b"\x11" * 20, [b"\x22" * 32] * 5, b""],
        [b"\x11" * 20, [], []],
    ],
    ids=str,
)
def test_a_log_of_a_wrong_shape_is_invalid(log: rlp.Item) -> None:
    with pytest.raises(InvalidInput):
        Log.from_item(log)


@given(LOGS)
def test_a_bloom_is_the_reference_bloom(logs: tuple[Log, ...]) -> None:
    reference = BloomFilter()
    for log in logs:
        reference.add(log.recipient)
        reference.extend(log.topics)
    assert int.from_bytes(bloom(logs), "big") == int(reference)
    assert union(bloom([log]) for log in logs) == bloom(logs)


@given(LOGS)
def test_a_bloom_never_denies_what_went_in(logs: tuple[Log, ...]) -> None:
    filtered = bloom(logs)
    for log in logs:
        assert all(may_contain(filtered, item) for item in (log.recipient, *log.topics))


@given(RECIPIENTS)
def test_an_empty_bloom_contains_nothing(recipient: Recipient) -> None:
    assert bloom(()) == EMPTY_BLOOM
    assert not may_contain(EMPTY_BLOOM, recipient)
