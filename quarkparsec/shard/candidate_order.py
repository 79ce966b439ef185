"""What lane 1 of a round is given, and the order in which that makes it take them.

The worker numbers candidates by one rule, which is a function of the candidates and the seed (ordering/shuffle.py).
So their numbers can be said while the lane runs, in a job that nobody may look into.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from quarkparsec.ordering.messages import TransactionCandidate
from quarkparsec.ordering.shuffle import order_of
from quarkparsec.types import Hash32


class CandidateOrder:
    """The candidates of one round."""

    def __init__(self, candidates: Sequence[TransactionCandidate], seed: Hash32 | None) -> None:
        self.candidates: Final = candidates
        self.seed: Final = seed

    def number(self, transaction_hash: Hash32) -> int | None:
        """A candidate's first number; None for what is none."""
        return self._numbers.get(transaction_hash)

    @cached_property
    def _numbers(self) -> Mapping[Hash32, int]:
        """Made when somebody asks: hardly anybody does."""
        ordered = order_of(self.candidates, self.seed)
        return {candidate.hash: number for number, candidate in enumerate(ordered)}
