"""Frames arrive whole, in order, bounded and unforged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.wire.frames import FrameBuffer, FrameForged, FrameTooLarge, Seal, frame

KEY = b"k" * 32


@given(bodies=st.lists(st.binary(max_size=50), max_size=8), cut=st.integers(1, 7))
def test_frames_come_out_as_they_went_in_however_the_stream_is_cut(
    bodies: list[bytes], cut: int
) -> None:
    stream = b"".join(map(frame, bodies))
    buffer = FrameBuffer(64)
    received = []
    for start in range(0, len(stream), cut):
        buffer.feed(stream[start : start + cut])
        while (body := buffer.next_frame()) is not None:
            received.append(body)
    assert received == bodies


def test_a_frame_is_refused_by_its_length_before_its_bytes_arrive() -> None:
    buffer = FrameBuffer(10)
    buffer.feed((11).to_bytes(4, "big"))
    with pytest.raises(FrameTooLarge):
        buffer.next_frame()


def test_a_sealed_payload_opens_with_the_same_key_at_the_same_position() -> None:
    sender, receiver = Seal(KEY), Seal(KEY)
    for payload in (b"", b"one", b"two" * 1000):
        assert receiver.open(sender.close(payload)[4:]) == payload


@given(position=st.integers(0, 18), bit=st.integers(0, 7))
def test_a_changed_bit_is_found(position: int, bit: int) -> None:
    body = bytearray(Seal(KEY).close(b"pay")[4:])
    body[position] ^= 1 << bit
    with pytest.raises(FrameForged):
        Seal(KEY).open(bytes(body))


def test_a_repeated_frame_is_found() -> None:
    receiver = Seal(KEY)
    body = Seal(KEY).close(b"pay")[4:]
    receiver.open(body)
    with pytest.raises(FrameForged):
        receiver.open(body)


def test_a_left_out_frame_is_found() -> None:
    sender = Seal(KEY)
    sender.close(b"first")
    with pytest.raises(FrameForged):
        Seal(KEY).open(sender.close(b"second")[4:])


def test_a_frame_of_another_connection_is_found() -> None:
    with pytest.raises(FrameForged):
        Seal(b"j" * 32).open(Seal(KEY).close(b"pay")[4:])
