"""Frames: how a stream of bytes is cut into messages, and how a forged or spliced one is found.

    frame = length (4 bytes, of what follows) ‖ tag (16 bytes) ‖ payload

The tag is a keyed BLAKE2b over the frame's number on this connection and its payload, with a key that
both ends derived in the handshake (wire/session.py). A frame that is repeated, left out, moved to
another connection or changed has a wrong tag. Handshake frames have no key yet and carry no tag.

The length is checked before anything is kept, so a peer can make us hold at most one frame of the size
allowed at that moment: small before the handshake has proved who speaks, larger after.
"""

from __future__ import annotations

from hashlib import blake2b
from hmac import compare_digest
from typing import Final

from quarkparsec.errors import InvalidInput

LENGTH_BYTES: Final = 4
TAG_BYTES: Final = 16


class FrameTooLarge(InvalidInput):
    """The peer announces more than is allowed now."""


class FrameForged(InvalidInput):
    """The tag doesn't fit: another key, another position, or changed bytes."""


class FrameBuffer:
    """Collects received bytes and gives out whole frames."""

    def __init__(self, size_max: int) -> None:
        self.size_max = size_max
        self._bytes = bytearray()

    def feed(self, received: bytes) -> None:
        self._bytes += received

    def next_frame(self) -> bytes | None:
        """The next whole frame without its length, or None. Raises FrameTooLarge."""
        if len(self._bytes) < LENGTH_BYTES:
            return None
        size = int.from_bytes(self._bytes[:LENGTH_BYTES], "big")
        if size > self.size_max:
            raise FrameTooLarge(f"a frame of {size} bytes, allowed are {self.size_max}")
        end = LENGTH_BYTES + size
        if len(self._bytes) < end:
            return None
        frame = bytes(self._bytes[LENGTH_BYTES:end])
        del self._bytes[:end]
        return frame


def frame(body: bytes) -> bytes:
    """Put the length before a body."""
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


class Seal:
    """One direction of a connection: numbers and tags frames, or checks them."""

    def __init__(self, key: bytes) -> None:
        self._key: Final = key
        self._number = 0

    def close(self, payload: bytes) -> bytes:
        """The frame that carries `payload`."""
        return frame(self._next_tag(payload) + payload)

    def open(self, body: bytes) -> bytes:
        """The payload of a received frame. Raises FrameForged."""
        tag, payload = body[:TAG_BYTES], body[TAG_BYTES:]
        if not compare_digest(tag, self._next_tag(payload)):
            raise FrameForged("a frame's tag doesn't fit")
        return payload

    def _next_tag(self, payload: bytes) -> bytes:
        salt = self._number.to_bytes(16, "big")
        self._number += 1
        return blake2b(payload, digest_size=TAG_BYTES, key=self._key, salt=salt).digest()
