"""Where a transaction is: in a block, in a pool, on its way from the one to the other, or unknown.

It waits in its sender's shard, and what became of it is in that shard's block or in another's. Shards commit
an epoch one after the other. So a transaction may have left the one and not yet be seen in the other, and
that nobody has it means little before every shard is as far as the furthest one that was asked: whoever
let go of it did so for a block that is no later than that. Those that lay behind are asked once more.

Shards move, too: one that had just left the one slave when it was asked, and had not come to the other, would
never have been looked at. So only what all slaves said by the same topology counts together.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

from cluster.router import Router
from quarkparsec.errors import Elsewhere, Unavailable
from quarkparsec.limits import CATCH_UP_TIMEOUT_MS, REARRANGED_POLL_MS
from quarkparsec.shard.transaction_status import furthest
from quarkparsec.types import Hash32, Stage
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.queries import (
    FindStatus,
    FindTransaction,
    FoundStatus,
    FoundTransaction,
    Search,
    StatusSearch,
)

Found = TypeVar("Found", FoundTransaction, FoundStatus)
Seen = TypeVar("Seen", covariant=True)


class _Answer(Protocol[Seen]):
    @property
    def found(self) -> Seen | None:
        """What a slave knows."""

    @property
    def lowest(self) -> int:
        """The last root block that every one of its shards had applied."""

    @property
    def highest(self) -> int:
        """The last one that any of them had."""

    @property
    def topology(self) -> int:
        """The version by which the slave knew which shards it holds."""


class _Question(NamedTuple, Generic[Found]):
    """What is asked of slaves."""

    ask: Callable[[Hash32, int], Message]
    answer: type[_Answer[Found]]
    best: Callable[[Iterable[Found | None]], Found | None]
    """Of several answers."""
    is_final: Callable[[Found], bool]
    """Whether nobody else can know better."""


def _first(found: Iterable[FoundTransaction | None]) -> FoundTransaction | None:
    return next((each for each in found if each is not None), None)


def _is_committed(status: FoundStatus) -> bool:
    return status.stage is Stage.COMMITTED


WHERE: Final = _Question(FindTransaction, Search, _first, lambda _: True)
HOW_FAR: Final = _Question(FindStatus, StatusSearch, furthest, _is_committed)


class TransactionSearch:
    """Looks for transactions on behalf of one gateway."""

    def __init__(self, router: Router) -> None:
        self._router: Final = router

    async def find(self, transaction_hash: Hash32) -> FoundTransaction | None:
        """Where it is now, the likeliest places first. Raises Unavailable if who may know it is away."""
        return await self._look(WHERE, transaction_hash, 0)

    async def find_status(self, transaction_hash: Hash32) -> FoundStatus | None:
        """How far it has come, no less far than any block up to the gateway's head says. Raises Unavailable."""
        head = self._router.root.head().number
        return await self._look(HOW_FAR, transaction_hash, head)

    async def _look(
        self, question: _Question[Found], transaction_hash: Hash32, epoch: int
    ) -> Found | None:
        found: Found | None = None
        for slave in self._router.likely_slaves(transaction_hash):
            with contextlib.suppress(Unavailable):  # the other one may have it
                answer = await self._ask(question, slave, transaction_hash, epoch)
                found = question.best((found, answer.found))
            if found is not None and question.is_final(found):
                return found
        for _ in range(CATCH_UP_TIMEOUT_MS // REARRANGED_POLL_MS):
            with contextlib.suppress(Elsewhere):
                return found or await self._look_everywhere(question, transaction_hash, epoch)
            await asyncio.sleep(REARRANGED_POLL_MS / 1000)
        raise Unavailable("shards are being moved")

    async def _look_everywhere(
        self, question: _Question[Found], transaction_hash: Hash32, epoch: int
    ) -> Found | None:
        """What all slaves together know. Raises Unavailable, Elsewhere if shards are just moving."""
        slaves = [slave.name for slave in self._router.slaves.topology.slaves]
        answers = await self._ask_all(question, slaves, transaction_hash, epoch)
        found = question.best(answer.found for answer in answers)
        if found is not None:
            return found
        furthest_epoch = max(answer.highest for answer in answers)
        behind = [
            slave
            for slave, answer in zip(slaves, answers, strict=True)
            if answer.lowest < furthest_epoch
        ]
        late = await self._ask_all(question, behind, transaction_hash, furthest_epoch)
        return question.best(answer.found for answer in late)

    async def _ask_all(
        self,
        question: _Question[Found],
        slaves: Sequence[str],
        transaction_hash: Hash32,
        epoch: int,
    ) -> list[_Answer[Found]]:
        """What each slave found; just those that found it if another one failed.

        Raises Elsewhere unless all searched by the topology that this gateway knows.
        """
        version = self._router.slaves.topology.version
        outcomes = await asyncio.gather(
            *(self._ask(question, slave, transaction_hash, epoch) for slave in slaves),
            return_exceptions=True,
        )
        answers = [each for each in outcomes if not isinstance(each, BaseException)]
        failures = [each for each in outcomes if isinstance(each, BaseException)]
        if question.best(answer.found for answer in answers) is not None:
            return answers
        if failures:
            raise failures[0]
        if any(answer.topology != version for answer in answers):
            raise Elsewhere("not all have heard yet who is where")
        return answers

    async def _ask(
        self, question: _Question[Found], slave: str, transaction_hash: Hash32, epoch: int
    ) -> _Answer[Found]:
        message = question.ask(transaction_hash, epoch)
        return await self._router.slaves.ask(slave, message, question.answer)
