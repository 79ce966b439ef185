"""The root header's state root: a proof against it shows a shard's block, and the money."""

from __future__ import annotations

import pytest
import rlp
from trie import HexaryTrie

from quarkparsec.chain.commitments import root_state_root
from quarkparsec.crypto.keccak import keccak
from quarkparsec.types import Wei
from tests.chain.blocks import summary


@pytest.mark.parametrize("shard_count", [1, 2, 4, 64])
def test_it_is_the_root_of_a_secure_trie(shard_count: int) -> None:
    summaries = [summary(shard_id) for shard_id in range(shard_count)]
    reference = HexaryTrie({})
    for each in summaries:
        reference[keccak(each.shard_id.to_bytes(4, "big"))] = each.block_hash
    reference[keccak(b"fees")] = rlp.encode(5)
    reference[keccak(b"supply")] = rlp.encode(10**27)
    items = [rlp.decode(each.encode()) for each in summaries]
    reference[keccak(b"summaries")] = keccak(rlp.encode(items))
    assert root_state_root(summaries, Wei(5), Wei(10**27)) == reference.root_hash


def test_it_commits_to_blocks_summaries_fees_and_supply() -> None:
    summaries = [summary(0), summary(1)]
    roots = {
        root_state_root(summaries, Wei(0), Wei(9)),
        root_state_root(summaries, Wei(1), Wei(9)),
        root_state_root(summaries, Wei(0), Wei(8)),
        root_state_root([summary(0), summary(1, header=summary(0).header)], Wei(0), Wei(9)),
        root_state_root([summary(0), summary(1)._replace(log_count=7)], Wei(0), Wei(9)),
    }
    assert len(roots) == 5
