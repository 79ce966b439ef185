"""The bounded cache."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.cache import Cache, share_of_room
from quarkparsec.limits import SHARDS_AT_EASE

KEYS = st.integers(0, 9)
OPERATIONS = st.lists(st.tuples(st.sampled_from(["put", "get", "pop"]), KEYS), max_size=60)


@given(OPERATIONS, st.integers(2, 8))
def test_a_value_is_the_last_one_put_or_forgotten(
    operations: list[tuple[str, int]], entries_max: int
) -> None:
    cache, last = Cache[int, str](entries_max), dict[int, str]()
    for count, (operation, key) in enumerate(operations):
        if operation == "put":
            last[key] = str(count)
            cache.put(key, last[key])
        elif operation == "pop":
            assert cache.pop(key) in (last.pop(key, None), None)
            assert cache.get(key) is None
        else:
            assert cache.get(key) in (last.get(key), None)
        assert len(cache) <= entries_max


def test_what_was_used_survives_what_was_not() -> None:
    cache = Cache[int, str](8)
    cache.put(0, "used")
    cache.put(1, "not used")
    for key in range(2, 100):
        cache.put(key, "passing by")
        assert cache.get(0) == "used"
    assert cache.get(1) is None


def test_an_entry_survives_half_the_bound() -> None:
    cache = Cache[int, str](8)
    cache.put(0, "here")
    for key in range(1, 5):
        cache.put(key, "passing by")
    assert cache.get(0) == "here"


def test_a_cache_that_must_shrink_does_so_as_others_come() -> None:
    cache = Cache[int, str](100)
    for key in range(100):
        cache.put(key, "")
    cache.limit(10)
    for key in range(100, 110):
        cache.put(key, "")
    assert len(cache) <= 10
    assert cache.get(109) == ""


@given(st.integers(1, 10**6), st.integers(1, 300))
def test_shards_take_no_more_together_than_a_few_at_ease(size: int, sharers: int) -> None:
    share = share_of_room(size, sharers)
    assert share <= size
    assert share * sharers <= size * SHARDS_AT_EASE
    assert share == size or sharers > SHARDS_AT_EASE
