"""The ports between the processes: who can't prove the secret is cut, who can is held to the rules."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from quarkparsec.limits import (
    FRAME_BYTES_MAX,
    HANDSHAKE_TIMEOUT_MS,
    HANDSHAKES_MAX,
    STRANGE_SLAVES_MAX,
)
from quarkparsec.types import Hash32, ShardId
from quarkparsec.wire.envelope import NOTICE, Envelope, Message, encode_envelope
from quarkparsec.wire.epoch import HasWork, Work
from quarkparsec.wire.frames import frame
from quarkparsec.wire.moves import Arrived, MoveId, PoolClosed
from quarkparsec.wire.operations import RemoveSlave, Reshard
from quarkparsec.wire.root_queries import Follow, RootCommitted
from quarkparsec.wire.session import Peer, Role
from tests.attacks.intruder import Intruder
from tests.attacks.target import Target

pytestmark = pytest.mark.processes

AT_ONCE_S = 2.0
"""Well before the handshake's deadline, on a busy machine, too."""

PORTS = ("master", "slave-0", "slave-1")


@pytest.fixture(params=PORTS)
def port(target: Target, request: pytest.FixtureRequest) -> int:
    """The bus port of each process in turn."""
    return target.bus_ports[request.param]


@pytest.fixture
def intruder(target: Target, port: int) -> Iterator[Intruder]:
    """Somebody who knows the secret and misuses it."""
    with Intruder(target.identity, port) as one:
        yield one


def test_random_bytes_are_cut(target: Target, port: int) -> None:
    chance = random.Random(5)
    for _ in range(50):
        with Intruder(target.identity, port) as one:
            one.send(chance.randbytes(chance.randrange(4, 2_000)))
            assert one.is_cut_within(AT_ONCE_S)


@pytest.mark.parametrize("size", [257, 2**16, 2**31, 2**32 - 1])
def test_a_long_frame_before_the_proof_is_cut_unread(intruder: Intruder, size: int) -> None:
    intruder.send(size.to_bytes(4, "big"))
    assert intruder.is_cut_within(AT_ONCE_S)


def test_a_long_frame_after_hello_is_cut_unread(intruder: Intruder) -> None:
    intruder.say_hello()
    intruder.send((2**20).to_bytes(4, "big"))
    assert intruder.is_cut_within(AT_ONCE_S)


def test_a_frame_beyond_the_limit_is_cut_even_with_the_secret(intruder: Intruder) -> None:
    intruder.prove()
    intruder.send((FRAME_BYTES_MAX + 17).to_bytes(4, "big"))
    assert intruder.is_cut_within(AT_ONCE_S)


def test_garbage_instead_of_a_proof_is_cut(intruder: Intruder) -> None:
    intruder.say_hello()
    intruder.send(frame(bytes(32)))
    assert intruder.is_cut_within(AT_ONCE_S)


def test_a_peer_with_another_secret_is_cut(target: Target, port: int) -> None:
    with Intruder(target.identity, port, secret=b"x" * 32) as stranger:
        stranger.say_hello()
        stranger.send(frame(bytes(range(32))))
        assert stranger.is_cut_within(AT_ONCE_S)


def test_a_peer_of_another_chain_is_cut(target: Target, port: int) -> None:
    with Intruder(target.identity, port, genesis_hash=Hash32(bytes(32))) as stranger:
        stranger.say_hello()
        assert stranger.is_cut_within(AT_ONCE_S)


def test_the_other_ends_own_proof_sent_back_is_no_proof(intruder: Intruder) -> None:
    intruder.say_hello()
    _hello, proof = intruder.read_frame(), intruder.read_frame()
    intruder.send(frame(proof))
    assert intruder.is_cut_within(AT_ONCE_S)


def test_a_frame_with_a_wrong_tag_is_cut(intruder: Intruder) -> None:
    intruder.prove()
    forged = bytearray(intruder.session.send(encode_envelope(Envelope(1, Follow()))))
    forged[-1] ^= 1
    intruder.send(bytes(forged))
    assert intruder.is_cut_within(AT_ONCE_S)


def test_a_frame_that_is_repeated_is_cut(intruder: Intruder) -> None:
    intruder.prove()
    intruder.send(2 * intruder.session.send(encode_envelope(Envelope(NOTICE + 2, Follow()))))
    assert intruder.is_cut_within(AT_ONCE_S)


def test_a_frame_that_is_left_out_is_noticed(intruder: Intruder) -> None:
    intruder.prove()
    intruder.session.send(b"this one never arrives")
    intruder.send(intruder.session.send(encode_envelope(Envelope(2, Follow()))))
    assert intruder.is_cut_within(AT_ONCE_S)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xc1",
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.",
        b"\x92\x01\x81\xa4type\xa7Unknown",
        b"\x92\x01\x82\xa4type\xa6Follow\xa1x" + b"\x91" * 100_000,
        b"\x92\xff\x81\xa4type\xa6Follow",
    ],
    ids=["nothing", "no msgpack", "a pickle", "an unknown message", "depth", "a negative id"],
)
def test_a_message_that_cannot_be_read_is_cut(intruder: Intruder, payload: bytes) -> None:
    intruder.prove()
    intruder.send(intruder.session.send(payload))
    assert intruder.is_cut_within(AT_ONCE_S)


def test_a_gateway_gives_no_orders(intruder: Intruder) -> None:
    intruder.prove()
    for message in (HasWork(ShardId(0), 1, Work.READY), RootCommitted(b"")):
        intruder.send(intruder.session.send(encode_envelope(Envelope(NOTICE, message))))
    assert intruder.is_cut_within(AT_ONCE_S)


def stranger_at(target: Target, process: str, name: str = "slave-7") -> Intruder:
    """A slave that knows the secret and that nobody has added."""
    return Intruder(target.identity, target.bus_ports[process], peer=Peer(Role.SLAVE, name))


def test_a_slave_that_nobody_added_waits_at_the_master_and_changes_nothing(target: Target) -> None:
    before = target.ask("qp_getCluster")["result"]
    with stranger_at(target, "master") as stranger:
        stranger.prove()
        shard, move = ShardId(0), MoveId(1, 1)
        for said in (HasWork(shard, 1, Work.READY), PoolClosed(shard, move), Arrived(shard, move)):
            stranger.send(stranger.session.send(encode_envelope(Envelope(NOTICE, said))))
        orders: list[Message] = [
            Reshard(2 * int(before["shardCount"], 16)),
            RemoveSlave("slave-1"),
        ]
        for number, order in enumerate(orders):
            envelope = Envelope(2 * number + 1, order)
            stranger.send(stranger.session.send(encode_envelope(envelope)))
        assert not stranger.is_cut_within(AT_ONCE_S)
        target.transfer()
    after = target.ask("qp_getCluster")["result"]
    assert [after[name] for name in ("shardCount", "slaves")] == [
        before[name] for name in ("shardCount", "slaves")
    ]


def test_a_slave_that_nobody_added_is_cut_by_the_slaves(target: Target) -> None:
    for process in ("slave-0", "slave-1"):
        with stranger_at(target, process) as stranger:
            stranger.prove()
            assert stranger.is_cut_within(AT_ONCE_S)


def test_so_many_slaves_that_nobody_added_are_turned_away_that_files_remain(
    target: Target,
) -> None:
    with ExitStack() as stack:
        for number in range(STRANGE_SLAVES_MAX + 1):
            stranger = stranger_at(target, "master", f"stranger-{number}")
            stack.enter_context(stranger).prove()
        assert stranger.is_cut_within(AT_ONCE_S)


def test_silence_is_cut_at_the_handshakes_deadline(target: Target) -> None:
    silent = [Intruder(target.identity, port) for port in target.bus_ports.values()]
    half = [Intruder(target.identity, port) for port in target.bus_ports.values()]
    started = time.monotonic()
    for one in half:
        one.say_hello()
    for one in (*silent, *half):
        assert one.is_cut_within(HANDSHAKE_TIMEOUT_MS / 1000 + 3)
        one.__exit__(None, None, None)
    assert time.monotonic() - started > HANDSHAKE_TIMEOUT_MS / 1000 - 1


def test_so_many_silent_peers_are_turned_away_that_files_remain(target: Target) -> None:
    port = target.bus_ports["slave-0"]
    silent = [Intruder(target.identity, port) for _ in range(HANDSHAKES_MAX)]
    with Intruder(target.identity, port) as one_more:
        assert one_more.is_cut_within(AT_ONCE_S)
    for one in silent:
        one.__exit__(None, None, None)
