"""What a root header's state root commits to: every shard's block, and the money of the cluster.

The root of a secure trie of

    shard id, 4 bytes  →  hash of the shard's last block
    b"fees"            →  rlp(fees pending)
    b"supply"          →  rlp(supply)
    b"summaries"       →  keccak256(rlp([summary, …]))

so that one proof against a root block shows a shard's block, and another against that an account; and so
that nothing in a root block's body can be changed: what was burned, what was created, how many
transactions there were. Who took part follows: whose block has the epoch's number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from quarkparsec.chain.block import ShardSummary
from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.trie.cache import NodeCache
from quarkparsec.trie.trie import Trie
from quarkparsec.types import SHARD_KEY_BYTES, Hash32, Wei

FEES_KEY: Final = b"fees"
SUPPLY_KEY: Final = b"supply"
SUMMARIES_KEY: Final = b"summaries"


def root_state_root(summaries: Sequence[ShardSummary], fees_pending: Wei, supply: Wei) -> Hash32:
    """The state root of a root header."""
    leaves: dict[bytes, bytes] = {
        keccak(summary.shard_id.to_bytes(SHARD_KEY_BYTES, "big")): summary.block_hash
        for summary in summaries
    }
    leaves[keccak(FEES_KEY)] = rlp.encode_scalar(fees_pending)
    leaves[keccak(SUPPLY_KEY)] = rlp.encode_scalar(supply)
    body = rlp.encode_sequence([summary.encode() for summary in summaries])
    leaves[keccak(SUMMARIES_KEY)] = keccak(body)
    root, _ = Trie(_nothing_stored, EMPTY_TRIE_ROOT, NodeCache(2 * len(leaves))).update(leaves)
    return root


def _nothing_stored(_: bytes) -> None:
    return None
