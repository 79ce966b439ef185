"""What a transaction does is the same before a split, after it, and at every point of the sweep."""

from __future__ import annotations

import os
from typing import NamedTuple
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quarkparsec.chain.transaction import Transaction
from quarkparsec.state import sweeping
from quarkparsec.types import Recipient
from tests.reshard import programs
from tests.reshard.scenery import entries, universal
from tests.reshard.shards import Ending, Shards
from tests.reshard.signing import Wish

ROUNDS = int(os.environ.get("QUARKPARSEC_RESHARD_ROUNDS", "60"))


class Run(NamedTuple):
    """Which transactions were executed in an unsplit cluster, and how they ended."""

    shards: Shards
    executed: list[tuple[Wish, Transaction, Ending]]


class Split(NamedTuple):
    """When shards are split, and how fast they are swept."""

    before: int
    """Which transaction comes next."""
    entries: int
    """How many are swept in a block; 0: the sweep never begins."""
    times: int


def run_whole(shards: Shards, wanted: list[Wish]) -> Run:
    """All that can be executed."""
    executed = []
    for wish in wanted:
        transaction = shards.sign(wish)
        ending = shards.send(transaction, wish)
        if ending is not None:
            executed.append((wish, transaction, ending))
    return Run(shards, executed)


def check_split(shards: Shards, whole: Run, split: Split) -> None:
    """The same transactions with a split among them end alike, and leave the same."""
    with patch.object(sweeping, "SWEEP_ENTRIES_MAX", split.entries):
        for index, (wish, transaction, ending) in enumerate(whole.executed):
            if index == split.before:
                for _ in range(split.times):
                    shards.split()
            assert shards.send(transaction, wish) == ending, (index, wish)
    assert shards.own() == whole.shards.own()


SPLITS = st.builds(
    Split, st.integers(0, 6), st.sampled_from([0, 1, 3, 1_000]), st.sampled_from([1, 1, 2])
)


@settings(max_examples=ROUNDS, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from([1, 2]), programs.codes(), programs.programs(), SPLITS)
def test_random_programs_end_alike_whenever_shards_are_split(
    data: st.DataObject,
    count: int,
    codes: dict[Recipient, bytes],
    vault: bytes,
    split: Split,
) -> None:
    wanted = data.draw(st.lists(programs.wishes(has_abroad=count > 1), min_size=1, max_size=12))
    shards = Shards(count, entries(codes, count), universal(vault))
    whole = run_whole(shards.copy(), wanted)
    check_split(shards, whole, split)
