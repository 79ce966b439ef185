"""The root of a list, as transactions and receipts have it: keys are rlp(index) (Yellow Paper, 4.3.2)."""

from __future__ import annotations

from collections.abc import Sequence

from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.trie.building import build
from quarkparsec.trie.nibbles import nibbles
from quarkparsec.trie.nodes import (
    INLINE_BYTES_MAX,
    Node,
    Reference,
    encode,
    hash_reference,
    is_hash_reference,
)
from quarkparsec.types import Hash32


def ordered_root(items: Sequence[bytes]) -> Hash32:
    """The root of the trie {rlp(index): item}."""
    if not items:
        return EMPTY_TRIE_ROOT
    keyed = sorted((nibbles(rlp.encode_scalar(index)), item) for index, item in enumerate(items))
    reference = build(keyed, 0, _refer)
    return Hash32(reference[1:]) if is_hash_reference(reference) else keccak(reference)


def _refer(_: bytes, node: Node) -> Reference:
    encoded = encode(node)
    return encoded if len(encoded) <= INLINE_BYTES_MAX else hash_reference(keccak(encoded))
