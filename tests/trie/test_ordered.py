"""The root of a list."""

from __future__ import annotations

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT
from quarkparsec.trie.ordered import ordered_root
from tests.trie.stored_trie import reference_trie


def _reference_root(items: list[bytes]) -> bytes:
    return bytes(
        reference_trie({rlp.encode(index): item for index, item in enumerate(items)}).root_hash
    )


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=40))
def test_the_root_is_the_reference_tries(items: list[bytes]) -> None:
    assert ordered_root(items) == _reference_root(items)


@pytest.mark.parametrize("count", [1, 2, 16, 127, 128, 129, 255, 256, 257, 1_000])
def test_the_keys_change_their_length_and_the_root_stays_right(count: int) -> None:
    items = [b"item %d" % index * (1 + index % 9) for index in range(count)]
    assert ordered_root(items) == _reference_root(items)


def test_an_empty_list_has_the_empty_root() -> None:
    assert ordered_root([]) == EMPTY_TRIE_ROOT


def test_the_order_counts() -> None:
    assert ordered_root([b"one", b"two"]) != ordered_root([b"two", b"one"])
