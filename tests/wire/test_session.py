"""The handshake lets in who knows the secret of the same chain, and nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.errors import InvalidInput, Rejected
from quarkparsec.types import Hash32
from quarkparsec.wire.frames import frame
from quarkparsec.wire.session import HandshakeRefused, Peer, Phase, Role, Session

SECRET = b"s" * 32
GENESIS = Hash32(b"g" * 32)
MASTER = Peer(Role.MASTER, "master")
SLAVE = Peer(Role.SLAVE, "slave-0")


def initiator(
    secret: bytes = SECRET, genesis: Hash32 = GENESIS, nonce: bytes = b"i" * 32
) -> Session:
    return Session(SLAVE, secret=secret, genesis_hash=genesis, nonce=nonce, initiator=True)


def responder(nonce: bytes = b"r" * 32) -> Session:
    return Session(MASTER, secret=SECRET, genesis_hash=GENESIS, nonce=nonce, initiator=False)


def shake_hands(left: Session, right: Session) -> None:
    for _ in range(2):
        to_right, to_left = left.bytes_to_send(), right.bytes_to_send()
        right.receive(to_right)
        left.receive(to_left)


def opened() -> tuple[Session, Session]:
    left, right = initiator(), responder()
    shake_hands(left, right)
    return left, right


def test_both_ends_learn_who_the_other_is() -> None:
    left, right = opened()
    assert (left.phase, right.phase) == (Phase.OPEN, Phase.OPEN)
    assert (left.peer, right.peer) == (MASTER, SLAVE)


def test_an_open_session_carries_payloads_both_ways() -> None:
    left, right = opened()
    assert right.receive(left.send(b"a") + left.send(b"b")) == [b"a", b"b"]
    assert left.receive(right.send(b"c")) == [b"c"]


def test_a_payload_that_comes_with_the_proof_in_one_piece_is_read() -> None:
    left, right = initiator(), responder()
    right.receive(left.bytes_to_send())
    left.receive(right.bytes_to_send())  # the responder's hello and proof, together
    assert left.phase is Phase.OPEN
    assert right.receive(left.bytes_to_send() + left.send(b"early")) == [b"early"]


def test_a_peer_with_another_secret_is_refused() -> None:
    left, right = initiator(secret=b"x" * 32), responder()
    with pytest.raises(HandshakeRefused, match="secret"):
        shake_hands(left, right)
    assert right.phase is Phase.CLOSED


def test_a_peer_of_another_chain_is_refused() -> None:
    with pytest.raises(HandshakeRefused, match="genesis"):
        shake_hands(initiator(genesis=Hash32(b"h" * 32)), responder())


def test_a_peer_of_another_version_is_refused() -> None:
    hello = bytearray(initiator().bytes_to_send())
    hello[9] += 1
    with pytest.raises(HandshakeRefused, match="version"):
        responder().receive(bytes(hello))


def test_a_proof_sent_back_to_its_maker_proves_nothing() -> None:
    victim = responder()
    mirror = victim.bytes_to_send()
    victim.receive(mirror)
    with pytest.raises(HandshakeRefused):
        victim.receive(victim.bytes_to_send())


def test_a_recorded_handshake_proves_nothing_the_second_time() -> None:
    left, right = initiator(), responder()
    recorded = left.bytes_to_send()
    right.receive(recorded)
    left.receive(right.bytes_to_send())
    recorded += left.bytes_to_send()
    with pytest.raises(HandshakeRefused):
        responder(nonce=b"q" * 32).receive(recorded)


def test_the_first_frame_may_not_be_large() -> None:
    with pytest.raises(InvalidInput):
        responder().receive((257).to_bytes(4, "big"))


@given(garbage=st.binary(max_size=400), framed=st.booleans())
def test_garbage_never_opens_a_session_and_raises_nothing_else(
    garbage: bytes, framed: bool
) -> None:
    session = responder()
    try:
        session.receive(frame(garbage) if framed else garbage)
    except (InvalidInput, Rejected):
        assert session.phase is Phase.CLOSED
    assert session.phase is not Phase.OPEN
