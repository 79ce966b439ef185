"""Where a transaction is: in a block, in a pool, or unknown.

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
from collections.abc import Iterable, Sequence
from typing import Final

from cluster.router import Router
from quarkparsec.errors import Elsewhere, Unavailable
from quarkparsec.limits import CATCH_UP_TIMEOUT_MS, REARRANGED_POLL_MS
from quarkparsec.types import Hash32
from quarkparsec.wire.queries import FindTransaction, FoundTransaction, Search


class TransactionSearch:
    """Looks for transactions on behalf of one gateway."""

    def __init__(self, router: Router) -> None:
        self._router: Final = router

    async def find(self, transaction_hash: Hash32) -> FoundTransaction | None:
        """Where it is now, the likeliest places first. Raises Unavailable if who may know it is away."""
        for slave in self._router.likely_slaves(transaction_hash):
            with contextlib.suppress(Unavailable):  # the other one may have it
                found = (await self._ask(slave, transaction_hash, 0)).found
                if found is not None:
                    return found
        for _ in range(CATCH_UP_TIMEOUT_MS // REARRANGED_POLL_MS):
            with contextlib.suppress(Elsewhere):
                return await self._find_anywhere(transaction_hash)
            await asyncio.sleep(REARRANGED_POLL_MS / 1000)
        raise Unavailable("shards are being moved")

    async def _find_anywhere(self, transaction_hash: Hash32) -> FoundTransaction | None:
        """Where it is, whoever has it. Raises Unavailable, Elsewhere if shards are just moving."""
        topology = self._router.slaves.topology
        slaves = [slave.name for slave in topology.slaves]
        searches = await self._ask_all(slaves, transaction_hash, 0, topology.version)
        found = _first(searches)
        if found is not None:
            return found
        furthest = max(search.highest for search in searches)
        behind = [
            slave
            for slave, search in zip(slaves, searches, strict=True)
            if search.lowest < furthest
        ]
        return _first(await self._ask_all(behind, transaction_hash, furthest, topology.version))

    async def _ask_all(
        self, slaves: Sequence[str], transaction_hash: Hash32, epoch: int, version: int
    ) -> list[Search]:
        """What each slave found; just the one that found it if another one failed.

        Raises Elsewhere unless all searched by that version of the topology.
        """
        answers = await asyncio.gather(
            *(self._ask(slave, transaction_hash, epoch) for slave in slaves),
            return_exceptions=True,
        )
        searches = [answer for answer in answers if isinstance(answer, Search)]
        failures = [answer for answer in answers if isinstance(answer, BaseException)]
        if _first(searches) is not None:
            return searches
        if failures:
            raise failures[0]
        if any(search.topology != version for search in searches):
            raise Elsewhere("not all have heard yet who is where")
        return searches

    async def _ask(self, slave: str, transaction_hash: Hash32, epoch: int) -> Search:
        query = FindTransaction(transaction_hash, epoch)
        return await self._router.slaves.ask(slave, query, Search)


def _first(searches: Iterable[Search]) -> FoundTransaction | None:
    return next((search.found for search in searches if search.found is not None), None)
