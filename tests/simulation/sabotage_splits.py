"""Planted bugs in splits: machines with one each, and replacements of single functions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from quarkparsec.chain.block import SWEPT, RootBlock
from quarkparsec.root import machine as root_machine
from quarkparsec.root import root_store as rows
from quarkparsec.root import states as root_states
from quarkparsec.root.blocks import build_root_block
from quarkparsec.root.rearrangement import Rearrangement
from quarkparsec.shard import lane_order
from quarkparsec.shard import machine as shard_machine
from quarkparsec.shard import states as shard_states
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.block_builder import BuiltBlock, build_block
from quarkparsec.shard.block_draft import BlockDraft
from quarkparsec.shard.block_store import BlockStore
from quarkparsec.shard.division import child_batch
from quarkparsec.shard.events import Divide, Divided
from quarkparsec.shard.pool import Pool
from quarkparsec.shard.root_head import RootHead
from quarkparsec.shard.shard_chain import ShardChain
from quarkparsec.state import shard_state, sweeping
from quarkparsec.state.account import Account
from quarkparsec.state.foreign import CodeOf, seen_in
from quarkparsec.state.place import Place
from quarkparsec.state.shard_state import ShardState
from quarkparsec.state.tables import SWEEP_KEY
from quarkparsec.store import Batch
from quarkparsec.types import Epoch, Nonce, Recipient, ShardId, ShardKey, Wei, shard_of
from tests.simulation import halves
from tests.simulation.sabotage import Root, Shard
from tests.simulation.sabotage_lanes import Patch
from tests.simulation.world import Machines

# --- machines


class WritesTheTopologyFirst(Root):
    """Two writes where there should be one: a crash may come between them."""

    def _write(self, block: RootBlock, *, splits: bool) -> int:
        if splits:
            self._rearrangement.divide({})
        return self._effects.persist(rows.block_batch(block), sync=True)


class WritesTheTopologyAfterwards(Root):
    """The same, the other way round."""

    def _write(self, block: RootBlock, *, splits: bool) -> int:
        token = self._effects.persist(rows.block_batch(block), sync=True)
        if splits:
            self._rearrangement.divide({})
        return token


class SplitsAgain(Root):
    """Forgets that it has done what it was asked for."""

    def _commit(self, storing: root_states.Storing, event: Any) -> root_states.State:
        before = self._head.shard_count
        after = super()._commit(storing, event)
        self._rearrangement.splits = self._head.shard_count != before
        return after


class GoesOnAlone(Shard):
    """Doesn't wait until its other half stands."""

    def _divide(self) -> shard_states.State:
        super()._divide()
        child = self._chain.child_id
        return self._be_divided(shard_states.Dividing(child), Divided(child))


class DividesTooEarly(Shard):
    """Has the other half made from what was there before the block that splits was applied."""

    def _commit(self, head: RootHead, hashes: Any, built: Any) -> shard_states.State:
        if head.shard_count != self.shard_state.shard_count:
            self._effects.announce(Divide(self._chain.child_id, head.epoch))
        return super()._commit(head, hashes, built)


class IgnoresSplits(Shard):
    """Goes on as if it were still all of itself."""

    def _divide(self) -> shard_states.State:
        return self._be_at_the_head()


class SweepsWithoutWork(Shard):
    """Doesn't tell the master that there is something to sweep."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._report._work = lambda: self.pool.work(self.root_head.base_fee)  # type: ignore[method-assign]


# --- single functions


def _forgets_nonces(
    place: Place, recipient: Recipient, account: Account, code_of: CodeOf
) -> Account | None:
    seen = seen_in(place, recipient, account, code_of)
    return seen if seen is account or seen is None else seen._replace(nonce=Nonce(0))


def _forgets_users(
    place: Place, recipient: Recipient, account: Account, code_of: CodeOf
) -> Account | None:
    seen = seen_in(place, recipient, account, code_of)
    return seen if seen is account or seen is None or seen.has_code else None


def _takes_its_own_for_foreign(
    place: Place, recipient: Recipient, account: Account, code_of: CodeOf
) -> Account | None:
    return None if recipient[0] < 64 else seen_in(place, recipient, account, code_of)


def _shows_foreign_code(
    place: Place, recipient: Recipient, account: Account, code_of: CodeOf
) -> Account | None:
    """What the other half's contracts are, instead of stubs."""
    seen = seen_in(place, recipient, account, code_of)
    return account if seen is not None and seen.has_code else seen


def _owns_both_halves(self: Place, key: ShardKey) -> bool:
    count = max(self.shard_count // 2, 1)
    return shard_of(key, count) == self.shard_id % count


def _burns_again(*arguments: Any, **options: Any) -> RootBlock:
    """What the old halves have burned is subtracted for the new ones, too."""
    block = build_root_block(*arguments, **options)
    burned = sum(each.burned for each in block.summaries) if options["splits"] else 0
    return replace(block, supply=Wei(block.supply - burned))


def _shows_everything(self: BlockStore, epoch: Epoch) -> bool:
    return True


def _loses_strangers(self: Pool, shard_id: ShardId, shard_count: int) -> tuple[Candidate, ...]:
    _TAKE_STRANGERS(self, shard_id, shard_count)
    return ()


def _keeps_strangers(self: Pool, shard_id: ShardId, shard_count: int) -> tuple[Candidate, ...]:
    return tuple(
        item.candidate
        for item in self
        if shard_of(item.transaction.origin_key, shard_count) != shard_id
    )


def _sweeps_what_it_likes(draft: BlockDraft, state: ShardState) -> None:
    """Less than who replays the block."""
    if state.sweep:
        piece = state.next_piece()
        half = list(piece.rewrites.items())[: len(piece.rewrites) // 2]
        draft.swept = piece._replace(rewrites=dict(half))


def _keeps_the_cursor_to_itself(*arguments: Any) -> BuiltBlock:
    built = build_block(*arguments)
    return built._replace(summary=built.summary._replace(sweep=SWEPT))


def _forgets_its_place(self: ShardChain) -> Batch:
    return {}


def _shows_all_blocks(place: Place, born: Epoch) -> Batch:
    return child_batch(place, Epoch(0))


def _begins_swept(place: Place, born: Epoch) -> Batch:
    return child_batch(place, born) | {SWEEP_KEY: SWEPT}


def _splits_at_once(self: Rearrangement, head: RootBlock, shard_count: int) -> None:
    """Whatever is still swept, and whoever is away."""
    self.splits = True


_TAKE_STRANGERS: Final = Pool.take_strangers

SPLIT_MACHINES: Final[dict[str, Machines]] = {
    "writes the topology first": Machines(root=WritesTheTopologyFirst),
    "writes the topology afterwards": Machines(root=WritesTheTopologyAfterwards),
    "splits again": Machines(root=SplitsAgain),
    "goes on alone": Machines(shard=GoesOnAlone),
    "divides too early": Machines(shard=DividesTooEarly),
    "ignores splits": Machines(shard=IgnoresSplits),
    "sweeps without work": Machines(shard=SweepsWithoutWork),
}

SPLIT_PATCHES: Final[dict[str, Patch]] = {
    "forgets nonces": Patch(shard_state, "seen_in", _forgets_nonces),
    "forgets users": Patch(shard_state, "seen_in", _forgets_users),
    "sweeps nonces": Patch(sweeping, "seen_in", _forgets_nonces),
    "sweeps its own": Patch(sweeping, "seen_in", _takes_its_own_for_foreign),
    "loses its own": Patch(shard_state, "seen_in", _takes_its_own_for_foreign),
    "shows foreign code": Patch(shard_state, "seen_in", _shows_foreign_code),
    "owns both halves": Patch(Place, "owns", _owns_both_halves),
    "burns again": Patch(root_machine, "build_root_block", _burns_again),
    "shows everything": Patch(BlockStore, "_shows", _shows_everything),
    "shows all blocks": Patch(halves, "child_batch", _shows_all_blocks),
    "begins swept": Patch(halves, "child_batch", _begins_swept),
    "loses strangers": Patch(Pool, "take_strangers", _loses_strangers),
    "keeps strangers": Patch(Pool, "take_strangers", _keeps_strangers),
    "sweeps what it likes": Patch(lane_order, "sweep", _sweeps_what_it_likes),
    "keeps the cursor to itself": Patch(shard_machine, "build_block", _keeps_the_cursor_to_itself),
    "forgets its place": Patch(ShardChain, "divided_batch", _forgets_its_place),
    "splits at once": Patch(Rearrangement, "reshard", _splits_at_once),
}
