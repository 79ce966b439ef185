"""Labels: what contradicts itself is refused; the join covers both."""

from __future__ import annotations

import pytest

from quarkparsec.errors import InvalidInput
from quarkparsec.ordering.label import NO_KEYS, WHOLE_SHARD, Label

A, B, C = b"a", b"b", b"c"


def test_r6_a_key_is_read_eagerly_or_lazily_and_will_or_may_be_written() -> None:
    with pytest.raises(InvalidInput):
        Label(eager={A, B}, lazy={B})
    with pytest.raises(InvalidInput):
        Label(will={A}, may={A})
    assert Label(eager={A}, will={A}).writes


def test_the_join_of_two_labels_covers_what_either_does() -> None:
    joined = Label({A}, {B}, NO_KEYS, {A}).join(Label({B}, {C}, {A}, NO_KEYS))
    assert joined == Label({A, B}, {C}, {A}, NO_KEYS)


def test_the_whole_shard_is_the_top() -> None:
    assert Label({A}).join(WHOLE_SHARD) == WHOLE_SHARD == WHOLE_SHARD.join(Label())
    assert WHOLE_SHARD.may_read(A)
    assert WHOLE_SHARD.may_write(A)
    assert not Label(lazy={A}).may_write(A)
    assert not Label(may={A}).may_read(A)
