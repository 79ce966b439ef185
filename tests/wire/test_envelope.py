"""Messages travel unchanged; errors arrive as what they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.errors import (
    Corrupt,
    InvalidInput,
    PrunedHistory,
    QuarkparsecError,
    Rejected,
    Unavailable,
)
from quarkparsec.types import Epoch, Fingerprint, Hash32, ShardId, ShardKey, Stage
from quarkparsec.wire.acknowledgement import TransactionAck
from quarkparsec.wire.envelope import (
    Envelope,
    Failure,
    decode_envelope,
    encode_envelope,
    raise_failure,
    to_failure,
)
from quarkparsec.wire.epoch import HasWork, Work
from quarkparsec.wire.queries import (
    Admit,
    Admitted,
    FoundStatus,
    Located,
    Location,
    Nothing,
    ReadTransaction,
    StatusSearch,
    Submission,
)
from quarkparsec.wire.session import HandshakeRefused

HASH = Hash32(b"h" * 32)
PLACE = Fingerprint(Epoch(3), 2, 2**64 - 1)


@pytest.mark.parametrize(
    "message",
    [
        Nothing(),
        Admit(4, [Submission(1, b"raw", b"s" * 20, 7, False)]),
        Admitted(["", "no"], [TransactionAck((HASH,), Epoch(3), 5, 1, Stage.ADMITTED)]),
        StatusSearch(FoundStatus(1, Stage.ADMITTED, Epoch(3), is_queued=True), 2, 3, 1),
        StatusSearch(FoundStatus(1, Stage.EXECUTED, Epoch(3), PLACE, 4), 2, 3, 1),
        ReadTransaction(1, PLACE),
        Located([Location(ShardKey(2**32 - 1), True)]),
        HasWork(ShardId(3), 1, Work.READY),
        Failure("Rejected", "no"),
    ],
)
def test_a_message_arrives_as_it_was_sent(message: Nothing) -> None:
    envelope = Envelope(5, message)
    assert decode_envelope(encode_envelope(envelope)) == envelope


@given(st.binary(max_size=200))
def test_garbage_is_invalid_input(garbage: bytes) -> None:
    try:
        decode_envelope(garbage)
    except InvalidInput:
        return
    assert encode_envelope(decode_envelope(garbage))


@pytest.mark.parametrize(
    "payload",
    [
        b"\x92\xff\x81\xa4type\xa6Follow",
        b"\x92\x01\x82\xa4type\xa6Follow\xa1x" + b"\x91" * 100_000 + b"\x00",
    ],
    ids=["a negative id", "an unknown field nested too deep"],
)
def test_a_message_that_no_peer_sends_is_invalid_input(payload: bytes) -> None:
    with pytest.raises(InvalidInput, match="malformed"):
        decode_envelope(payload)


@pytest.mark.parametrize("kind", [InvalidInput, Rejected, Unavailable, PrunedHistory, Corrupt])
def test_an_error_arrives_as_what_it_was(kind: type[QuarkparsecError]) -> None:
    with pytest.raises(kind, match="the words") as caught:
        raise_failure(to_failure(kind("the words")))
    assert type(caught.value) is kind


def test_a_finer_error_arrives_as_its_branch_of_the_tree() -> None:
    with pytest.raises(Rejected) as caught:
        raise_failure(to_failure(HandshakeRefused("no")))
    assert type(caught.value) is Rejected
