"""The root of a list: the trie of rlp(index) → item that headers commit transactions and receipts to.

Yellow Paper, section 4.3 (transactionsRoot, receiptsRoot). Nothing is kept but the root: the list itself
stands in the block.
"""

from __future__ import annotations

from collections.abc import Sequence

from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.trie.building import build
from quarkparsec.trie.nibbles import nibbles
from quarkparsec.trie.nodes import INLINE_BYTES_MAX, Node, Reference, encode, hash_reference
from quarkparsec.types import Hash32


def ordered_root(items: Sequence[bytes]) -> Hash32:
    """The root over `items`, none of them empty, in their order."""
    if not items:
        return EMPTY_TRIE_ROOT
    entries = sorted((nibbles(rlp.encode_scalar(index)), item) for index, item in enumerate(items))
    return keccak(encode(build(entries, 0, _refer)))


def _refer(node: Node, _path: bytes) -> Reference:
    encoded = encode(node)
    if len(encoded) <= INLINE_BYTES_MAX:
        return encoded
    return hash_reference(keccak(encoded))
