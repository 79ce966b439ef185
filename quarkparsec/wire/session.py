"""The handshake between two processes of a cluster, without a socket: bytes in, events and bytes out.

Both ends know the cluster's secret. Nothing that an end says is looked at, beyond two frames of fixed
layout, before it has proved that it knows it too.

    HELLO ──hello──▶ PROOF ──proof──▶ OPEN ──payloads──▶ OPEN
       └──────────────┴──── anything else ────▶ CLOSED

1. Each end sends at once  hello = magic ‖ version ‖ genesis hash ‖ nonce ‖ role ‖ name.
   Another magic, version or genesis ends it: a process of another chain or release can't join.
2. Each end sends  proof = HMAC-SHA256(secret, label ‖ initiator's hello ‖ responder's hello).
   The label says which end speaks, so a proof can't be sent back to its maker; both nonces are in it,
   so it can't be used again.
3. Frames then carry tags under two keys, one a direction, derived in the same way (wire/frames.py).

Nonces come in as arguments: this module has no randomness.
"""

from __future__ import annotations

import hmac
from enum import Enum
from typing import Final, NamedTuple

from quarkparsec.errors import InvalidInput, InvariantBroken, Rejected, invariant
from quarkparsec.limits import FRAME_BYTES_MAX, HANDSHAKE_FRAME_BYTES_MAX, PEER_NAME_BYTES_MAX
from quarkparsec.types import Hash32
from quarkparsec.wire.frames import FrameBuffer, Seal, frame

MAGIC: Final = b"QPRS"
VERSION: Final = 2
"""Grows with every release that says something else than the one before."""
NONCE_BYTES: Final = 32
SECRET_BYTES: Final = 32
_FIXED_BYTES: Final = len(MAGIC) + 2 + 32 + NONCE_BYTES + 1
_INITIATOR: Final = b"initiator"
_RESPONDER: Final = b"responder"


class Role(Enum):
    """What a process is."""

    MASTER = 1
    SLAVE = 2
    GATEWAY = 3


class Phase(Enum):
    """How far a connection has come."""

    HELLO = "waiting for the peer's hello"
    PROOF = "waiting for the peer's proof"
    OPEN = "open"
    CLOSED = "closed"


class Peer(NamedTuple):
    """Who is at the other end, proved."""

    role: Role
    name: str


class HandshakeRefused(Rejected):
    """The peer speaks for another cluster, chain or release, or doesn't know the secret."""


class Session:
    """One end of one connection."""

    def __init__(
        self, me: Peer, *, secret: bytes, genesis_hash: Hash32, nonce: bytes, initiator: bool
    ) -> None:
        invariant(len(secret) == SECRET_BYTES, "the secret has 32 bytes")
        invariant(len(nonce) == NONCE_BYTES, "the nonce has 32 bytes")
        self.phase = Phase.HELLO
        self.peer: Peer | None = None
        self._secret: Final = secret
        self._genesis_hash: Final = genesis_hash
        self._initiator: Final = initiator
        self._hello: Final = _encode_hello(me, genesis_hash, nonce)
        self._peer_hello = b""
        self._buffer: Final = FrameBuffer(HANDSHAKE_FRAME_BYTES_MAX)
        self._outgoing = bytearray(frame(self._hello))
        self._sender: Seal | None = None
        self._receiver: Seal | None = None

    def send(self, payload: bytes) -> bytes:
        """The bytes that carry `payload`; only on an open session."""
        sender = self._sender
        if sender is None:
            raise InvariantBroken(f"the session is open (phase={self.phase!r})")
        if len(payload) > FRAME_BYTES_MAX:
            raise InvalidInput(f"a message of {len(payload)} bytes, allowed are {FRAME_BYTES_MAX}")
        return sender.close(payload)

    def bytes_to_send(self) -> bytes:
        """What the handshake itself has to say; empty the second time."""
        outgoing, self._outgoing = bytes(self._outgoing), bytearray()
        return outgoing

    def receive(self, received: bytes) -> list[bytes]:
        """Take bytes from the peer; the payloads that they complete.

        Raises HandshakeRefused, or InvalidInput for bytes that no honest peer sends; the session is
        closed then.
        """
        invariant(self.phase is not Phase.CLOSED, "a closed session receives nothing")
        self._buffer.feed(received)
        try:
            return self._take_frames()
        except (InvalidInput, Rejected):
            self.phase = Phase.CLOSED
            raise

    def _take_frames(self) -> list[bytes]:
        payloads = []
        while (body := self._buffer.next_frame()) is not None:
            if self._receiver is not None and self.phase is Phase.OPEN:
                payloads.append(self._receiver.open(body))
            elif self.phase is Phase.HELLO:
                self._on_hello(body)
            else:
                self._on_proof(body)
        return payloads

    def _on_hello(self, hello: bytes) -> None:
        self.peer = _decode_hello(hello, self._genesis_hash)
        self._peer_hello = hello
        self._outgoing += frame(self._mac(b"proof", self._initiator))
        self.phase = Phase.PROOF

    def _on_proof(self, proof: bytes) -> None:
        if not hmac.compare_digest(proof, self._mac(b"proof", not self._initiator)):
            raise HandshakeRefused("the peer doesn't know the cluster's secret")
        self._sender = Seal(self._mac(b"key", self._initiator))
        self._receiver = Seal(self._mac(b"key", not self._initiator))
        self._buffer.size_max = FRAME_BYTES_MAX
        self.phase = Phase.OPEN

    def _mac(self, purpose: bytes, by_initiator: bool) -> bytes:
        ours, theirs = self._hello, self._peer_hello
        hellos = ours + theirs if self._initiator else theirs + ours
        label = _INITIATOR if by_initiator else _RESPONDER
        return hmac.digest(self._secret, purpose + b" of " + label + hellos, "sha256")


def _encode_hello(me: Peer, genesis_hash: Hash32, nonce: bytes) -> bytes:
    name = me.name.encode()
    invariant(len(name) <= PEER_NAME_BYTES_MAX, "a process name is short", name=me.name)
    fixed = MAGIC + VERSION.to_bytes(2, "big") + genesis_hash + nonce
    return fixed + bytes((me.role.value,)) + name


def _decode_hello(hello: bytes, genesis_hash: Hash32) -> Peer:
    if len(hello) < _FIXED_BYTES or hello[:4] != MAGIC:
        raise HandshakeRefused("the peer is no QuarkParsec process")
    version = int.from_bytes(hello[4:6], "big")
    if version != VERSION:
        raise HandshakeRefused(f"the peer speaks version {version}, this process {VERSION}")
    if hello[6:38] != genesis_hash:
        raise HandshakeRefused("the peer has another genesis")
    try:
        role = Role(hello[_FIXED_BYTES - 1])
        name = hello[_FIXED_BYTES:].decode()
    except ValueError as error:
        raise HandshakeRefused("the peer's role or name is malformed") from error
    if len(name) > PEER_NAME_BYTES_MAX or not name.isprintable():
        raise HandshakeRefused("the peer's name is malformed")
    return Peer(role, name)
