"""The epoch protocol's messages on the wire."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.types import Epoch, ShardId
from quarkparsec.wire.epoch import (
    Abort,
    Commit,
    FromMaster,
    FromShard,
    Join,
    Round,
    Seal,
    Sealed,
    Visit,
    from_amount,
    to_amount,
)

ROUND = Round(Epoch(7), 2, 1)


@given(st.integers(0, 2**256 - 1))
def test_every_amount_of_wei_survives_the_wire(wei: int) -> None:
    seal = Seal(ShardId(3), ROUND, to_amount(wei))
    decoded = msgspec.msgpack.decode(msgspec.msgpack.encode(seal), type=FromMaster)
    assert decoded == seal
    assert from_amount(decoded.fees) == wei


def test_a_sealed_block_travels_inside_a_join() -> None:
    sealed = Sealed(ShardId(3), ROUND, b"summary")
    join = Join(ShardId(3), Visit(4, 5), bytes(32), Epoch(6), bytes(32), sealed)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(join), type=FromShard) == join


def test_rounds_are_ordered_by_epoch_then_term_then_attempt() -> None:
    rounds = [Round(Epoch(e), t, a) for e in (2, 1) for t in (2, 1) for a in (1, 0)]
    assert sorted(rounds) == list(reversed(rounds))


@pytest.mark.parametrize(
    "message",
    [
        Commit(ShardId(0), 1, Epoch(1), bytes(31), bytes(32), to_amount(1), 1),
        Seal(ShardId(0), ROUND, bytes(33)),  # type: ignore[arg-type]
        Abort(ShardId(0), Round(Epoch(1), -1, 0)),
    ],
)
def test_values_of_a_wrong_size_are_refused(message: FromMaster) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(msgspec.msgpack.encode(message), type=FromMaster)


def test_a_shard_cannot_speak_for_the_master() -> None:
    encoded = msgspec.msgpack.encode(Abort(ShardId(0), ROUND))
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(encoded, type=FromShard)
