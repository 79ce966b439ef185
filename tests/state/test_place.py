"""Whose database it is: written, read, refused, and halved."""

from __future__ import annotations

import pytest

from quarkparsec.errors import Corrupt, InvariantBroken
from quarkparsec.state.place import Place
from quarkparsec.state.shard_state import ShardState
from quarkparsec.state.tables import PLACE_KEY, SWEEP_KEY
from quarkparsec.types import Recipient, ShardId, ShardKey
from tests.state.model import fresh_store
from tests.state.words import GENESIS_HASH, PLACE, SHARD_ID

EVERYWHERE = frozenset({Recipient(b"\x01" * 20), Recipient(b"\x02" * 20)})


@pytest.mark.parametrize("place", [PLACE, Place(ShardId(0), 1), Place(ShardId(5), 8, EVERYWHERE)])
def test_what_is_written_is_read(place: Place) -> None:
    assert Place.decode(place.encode()) == place


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"\xc0",
        b"\xc3\x80\x01\x80",
        Place(ShardId(4), 4).encode(),
        Place(ShardId(0), 3).encode(),
        Place(ShardId(0), 1, frozenset({Recipient(b"\x01")})).encode(),
    ],
)
def test_anything_else_is_corrupt(encoded: bytes) -> None:
    with pytest.raises(Corrupt):
        Place.decode(encoded)


def test_the_database_of_another_shard_is_refused() -> None:
    with pytest.raises(Corrupt, match="database of shard 1, not of 2"):
        ShardState(fresh_store({}), ShardId(2), GENESIS_HASH, history=1, archive=False)


@pytest.mark.parametrize("key", [PLACE_KEY, SWEEP_KEY])
def test_a_database_that_doesnt_say_whose_it_is_is_refused(key: bytes) -> None:
    store = fresh_store({})
    store.write({key: None}, sync=True)
    with pytest.raises(Corrupt, match="doesn't say"):
        ShardState(store, SHARD_ID, GENESIS_HASH, history=1, archive=False)


def test_every_key_of_a_shard_is_owned_by_one_of_its_halves() -> None:
    parent, child = PLACE.halves()
    assert (parent.shard_id, child.shard_id, parent.shard_count) == (1, 5, 8)
    for key in map(ShardKey, range(64)):
        assert PLACE.owns(key) == (parent.owns(key) or child.owns(key))
        assert not (parent.owns(key) and child.owns(key))


def test_a_split_doubles_and_nothing_else() -> None:
    assert PLACE.divided(8) == PLACE.halves()[0]
    for count in (2, 4, 16):
        with pytest.raises(InvariantBroken):
            PLACE.divided(count)
