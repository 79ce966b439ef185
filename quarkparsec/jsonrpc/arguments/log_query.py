"""The filter object of eth_getLogs: one block by its hash or a range of blocks, and what to look for."""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.chain.log import TOPICS_MAX
from quarkparsec.chain.log_filter import LogFilter, TopicAlternatives
from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.arguments.block import Height, Tag, parse_height
from quarkparsec.jsonrpc.arguments.scalars import parse_hash, parse_recipient
from quarkparsec.limits import LOG_FILTER_ITEMS_MAX
from quarkparsec.types import Hash32, Recipient


class LogQuery(NamedTuple):
    """Where to look, and for what."""

    block_hash: Hash32 | None
    """If given, the only block."""
    first: Height
    last: Height
    wanted: LogFilter


def parse_log_query(value: object) -> LogQuery:
    """Read a filter object. Raises InvalidInput."""
    if type(value) is not dict:
        raise InvalidInput("expected an object")
    block_hash = value.get("blockHash")
    first, last = value.get("fromBlock"), value.get("toBlock")
    if block_hash is not None and (first is not None or last is not None):
        raise InvalidInput(
            "cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other"
        )
    return LogQuery(
        None if block_hash is None else parse_hash(block_hash),
        Tag.LATEST if first is None else parse_height(first),
        Tag.LATEST if last is None else parse_height(last),
        LogFilter(_parse_recipients(value.get("address")), _parse_topics(value.get("topics"))),
    )


def _parse_recipients(value: object) -> frozenset[Recipient]:
    if value is None:
        return frozenset()
    if type(value) is not list:
        return frozenset((parse_recipient(value),))
    if len(value) > LOG_FILTER_ITEMS_MAX:
        raise InvalidInput("exceed max addresses")
    return frozenset([parse_recipient(member) for member in value])


def _parse_topics(value: object) -> tuple[TopicAlternatives, ...]:
    if value is None:
        return ()
    if type(value) is not list:
        raise InvalidInput("expected a list of topics")
    if len(value) > TOPICS_MAX:
        raise InvalidInput("exceed max topics")
    return tuple([_parse_alternatives(position) for position in value])


def _parse_alternatives(value: object) -> TopicAlternatives:
    """One topic, a list of alternatives, or anything: null, also within the list, or no alternative."""
    if type(value) is not list:
        return None if value is None else frozenset((parse_hash(value),))
    if len(value) > LOG_FILTER_ITEMS_MAX:
        raise InvalidInput("exceed max topics")
    if not value or None in value:
        return None
    return frozenset([parse_hash(topic) for topic in value])
