"""The bounded cache."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.cache import Cache

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
