"""Which logs somebody wants: the filter of eth_getLogs, as shards evaluate it.

A filter has two parts, and a log must match both. *Recipients*: the log's contract must be among them;
none named means any. *Topics*: position by position, the log's topic must be among the alternatives, and
None means any; a log with fewer topics than the filter has positions doesn't match (execution-apis,
FilterTopics). `may_match` asks a block's or receipt's bloom first: it is right whenever it says no.
"""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.chain.bloom import may_contain
from quarkparsec.chain.log import Log
from quarkparsec.types import Hash32, Recipient

TopicAlternatives = frozenset[Hash32] | None
"""What one position may hold; None is anything."""


class LogFilter(NamedTuple):
    """Recipients (none: any) and alternatives for each topic position."""

    recipients: frozenset[Recipient]
    topics: tuple[TopicAlternatives, ...]

    def matches(self, log: Log) -> bool:
        """Whether `log` is wanted."""
        if self.recipients and log.recipient not in self.recipients:
            return False
        if len(self.topics) > len(log.topics):
            return False
        return all(
            wanted is None or topic in wanted
            for wanted, topic in zip(self.topics, log.topics, strict=False)
        )

    def may_match(self, bloom: bytes) -> bool:
        """False if no log under `bloom` is wanted."""
        if self.recipients and not _any_in(bloom, self.recipients):
            return False
        return all(wanted is None or _any_in(bloom, wanted) for wanted in self.topics)


def _any_in(bloom: bytes, items: frozenset[Recipient] | frozenset[Hash32]) -> bool:
    return any(may_contain(bloom, item) for item in items)
