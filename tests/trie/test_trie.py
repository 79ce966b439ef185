"""Reading and proving."""

from __future__ import annotations

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.errors import Corrupt
from quarkparsec.trie.nodes import INLINE_BYTES_MAX
from tests.trie.stored_trie import VALUES, built_at_once, key_sets, proves, reference_trie

KEYS_AND_VALUES = key_sets().flatmap(
    lambda keys: st.tuples(st.dictionaries(keys, VALUES, max_size=20), keys)
)


@given(KEYS_AND_VALUES)
def test_every_key_holds_its_value_and_others_hold_none(
    content: tuple[dict[bytes, bytes], bytes],
) -> None:
    values, other = content
    trie = built_at_once(values).trie
    assert {key: trie.get(key) for key in values} == values
    assert trie.get(other) == values.get(other)


@given(KEYS_AND_VALUES)
def test_a_proof_convinces_the_reference_verifier(
    content: tuple[dict[bytes, bytes], bytes],
) -> None:
    values, other = content
    stored = built_at_once(values)
    for key in [*values, other]:
        if values:
            assert proves(stored.root, key, values.get(key), stored.trie.prove(key))


@given(KEYS_AND_VALUES)
def test_a_proof_lists_the_nodes_that_the_reference_lists_but_for_inline_ones(
    content: tuple[dict[bytes, bytes], bytes],
) -> None:
    values, other = content
    reference = reference_trie(values)
    for key in [*values, other]:
        nodes = [rlp.encode(node) for node in reference.get_proof(key)]
        stored = [
            node for depth, node in enumerate(nodes) if not depth or len(node) > INLINE_BYTES_MAX
        ]
        assert built_at_once(values).trie.prove(key) == (stored if values else [])


@given(KEYS_AND_VALUES, st.data())
def test_an_altered_proof_convinces_nobody(
    content: tuple[dict[bytes, bytes], bytes], data: st.DataObject
) -> None:
    values, other = content
    stored = built_at_once(values)
    key = data.draw(st.sampled_from([*values, other]))
    proof = stored.trie.prove(key)
    if not proof:
        return
    place = data.draw(st.integers(0, len(proof) - 1))
    node = bytearray(proof[place])
    node[data.draw(st.integers(0, len(node) - 1))] ^= data.draw(st.integers(1, 255))
    proof[place] = bytes(node)
    assert not proves(stored.root, key, values.get(key), proof)


@given(KEYS_AND_VALUES)
def test_a_proof_proves_no_other_value(content: tuple[dict[bytes, bytes], bytes]) -> None:
    values, other = content
    stored = built_at_once(values)
    for key in [*values, other]:
        proof = stored.trie.prove(key)
        assert not proves(stored.root, key, b"something else", proof)


def test_an_empty_trie_needs_no_proof() -> None:
    assert built_at_once({}).trie.prove(b"\x11") == []


def test_a_missing_node_is_corruption() -> None:
    stored = built_at_once({bytes((first, 0)): bytes(40) for first in range(1, 40)})
    del stored.nodes[b"\x01"]
    stored.reopen()
    with pytest.raises(Corrupt):
        stored.trie.get(b"\x11\x00")


def test_a_node_of_another_state_is_corruption() -> None:
    stored = built_at_once({b"\x11\x11": bytes(40), b"\x22\x22": bytes(40)})
    stored.nodes[b"\x01"] = stored.nodes[b"\x02"]
    stored.reopen()
    with pytest.raises(Corrupt):
        stored.trie.get(b"\x11\x11")
    with pytest.raises(Corrupt):
        stored.trie.update({b"\x11\x11": b"new"})
    assert stored.trie.get(b"\x22\x22") == bytes(40)
