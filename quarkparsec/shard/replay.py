"""Run a block again from its body: the same transactions on the same state must give the same header.

This is how a sealed block comes back after a crash, and how anybody checks a shard. Whatever differs (a
root, a bloom, one unit of gas) means that the disk lies or the node isn't deterministic: Corrupt.
"""

from __future__ import annotations

from quarkparsec.chain.block import Entry, ShardBlock
from quarkparsec.chain.transaction import decode_transaction
from quarkparsec.errors import Corrupt, InvalidInput, Rejected
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.block_builder import BuiltBlock, build_block
from quarkparsec.shard.lane_in_shard import run_in_shard
from quarkparsec.shard.opening import Opening
from quarkparsec.state.shard_state import ShardState


def replay(state: ShardState, block: ShardBlock, opening: Opening) -> BuiltBlock:
    """Build `block` again on top of `state`. Raises Corrupt unless its header comes out."""
    candidates = [_candidate(entry) for entry in block.entries]
    journal = state.journal()
    lane = run_in_shard(journal, candidates, opening.context, _never)
    built = build_block(state, journal, lane, block.fees, opening)
    if built.hash != block.header.hash:
        raise Corrupt(f"replay of block {block.header.number} gives another block")
    return built


def _candidate(entry: Entry) -> Candidate:
    try:
        return Candidate(decode_transaction(entry.raw, entry.sender), entry.to_key)
    except (InvalidInput, Rejected) as error:
        raise Corrupt(f"a block holds what is no transaction: {error}") from error


def _never() -> bool:
    return False
