"""What was used longest ago makes room, and nothing else does."""

from __future__ import annotations

from collections import OrderedDict

from hypothesis import given
from hypothesis import strategies as st

from cluster.bounded import LeastRecentlyUsed

SIZE_MAX = 3


def test_the_entry_used_longest_ago_makes_room() -> None:
    entries: LeastRecentlyUsed[str, int] = LeastRecentlyUsed(2)
    entries.put("a", 1)
    entries.put("b", 2)
    assert entries.get("a") == 1
    entries.put("c", 3)
    assert [entries.get(key) for key in "abc"] == [1, None, 3]


def test_putting_again_replaces_and_counts_as_use() -> None:
    entries: LeastRecentlyUsed[str, int] = LeastRecentlyUsed(2)
    for key, value in (("a", 1), ("b", 2), ("a", 10), ("c", 3)):
        entries.put(key, value)
    assert [entries.get(key) for key in "abc"] == [10, None, 3]


def test_a_forgotten_entry_is_gone_and_forgetting_twice_is_harmless() -> None:
    entries: LeastRecentlyUsed[str, int] = LeastRecentlyUsed(2)
    entries.put("a", 1)
    entries.forget("a")
    entries.forget("a")
    assert entries.get("a") is None


def test_a_value_that_counts_as_false_is_found() -> None:
    entries: LeastRecentlyUsed[str, int] = LeastRecentlyUsed(2)
    entries.put("zero", 0)
    assert entries.get("zero") == 0


@given(st.lists(st.tuples(st.sampled_from("gpf"), st.integers(0, 5))))
def test_it_behaves_as_an_ordered_list_of_uses(actions: list[tuple[str, int]]) -> None:
    entries: LeastRecentlyUsed[int, int] = LeastRecentlyUsed(SIZE_MAX)
    model: OrderedDict[int, int] = OrderedDict()
    for time, (action, key) in enumerate(actions):
        if action == "g":
            assert entries.get(key) == model.get(key)
            if key in model:
                model.move_to_end(key)
        elif action == "p":
            entries.put(key, time)
            model.pop(key, None)
            model[key] = time
            while len(model) > SIZE_MAX:
                model.popitem(last=False)
        else:
            entries.forget(key)
            model.pop(key, None)
    for key in list(model):
        assert entries.get(key) == model[key]
