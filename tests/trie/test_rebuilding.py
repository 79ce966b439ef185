"""A trie from its leaves is the trie that updates lead to, node for node."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.trie.cache import NodeCache
from quarkparsec.trie.rebuilding import rebuild
from quarkparsec.trie.trie import Trie

# Keys that share long beginnings, and values on both sides of an inline node's length.
KEYS = st.integers(0, 300).map(
    lambda number: keccak(bytes((number % 7,)))[:30] + number.to_bytes(2)
)
LEAVES = st.dictionaries(KEYS, st.binary(min_size=1, max_size=40), max_size=40)


@given(LEAVES)
def test_root_and_nodes_are_those_of_an_update(leaves: dict[bytes, bytes]) -> None:
    rebuilt: dict[bytes, bytes] = {}
    root = rebuild(reversed(leaves.items()), rebuilt.__setitem__)
    expected, written = Trie(lambda _: None, EMPTY_TRIE_ROOT, NodeCache(1_000)).update(leaves)
    assert root == expected
    assert rebuilt == {path: node for path, node in written.items() if node is not None}
