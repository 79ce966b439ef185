"""Which logs somebody wants."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.chain.bloom import bloom
from quarkparsec.chain.log import Log
from quarkparsec.chain.log_filter import LogFilter
from quarkparsec.types import Hash32, Recipient

recipients = st.sampled_from([Recipient(bytes([n]) * 20) for n in range(4)])
topics = st.sampled_from([Hash32(bytes([n]) * 32) for n in range(4)])
logs = st.builds(Log, recipients, st.lists(topics, max_size=4).map(tuple), st.just(b""))
alternatives = st.none() | st.frozensets(topics, min_size=1)
filters = st.builds(
    LogFilter, st.frozensets(recipients), st.lists(alternatives, max_size=4).map(tuple)
)


@given(filters, logs)
def test_a_log_matches_if_its_contract_and_every_topic_do(wanted: LogFilter, log: Log) -> None:
    expected = (not wanted.recipients or log.recipient in wanted.recipients) and all(
        index < len(log.topics) and (position is None or log.topics[index] in position)
        for index, position in enumerate(wanted.topics)
    )
    assert wanted.matches(log) is expected


@given(filters, st.lists(logs, max_size=4))
def test_a_bloom_never_hides_a_log_that_matches(wanted: LogFilter, found: list[Log]) -> None:
    if any(wanted.matches(log) for log in found):
        assert wanted.may_match(bloom(found))


def test_a_bloom_without_what_is_wanted_is_ruled_out() -> None:
    log = Log(Recipient(b"\x01" * 20), (Hash32(b"\x01" * 32),), b"")
    assert not LogFilter(frozenset({Recipient(b"\x02" * 20)}), ()).may_match(bloom([log]))
    assert not LogFilter(frozenset(), (frozenset({Hash32(b"\x02" * 32)}),)).may_match(bloom([log]))


def test_a_position_is_there_even_if_anything_may_stand_in_it() -> None:
    assert not LogFilter(frozenset(), (None,)).matches(Log(Recipient(b"\x01" * 20), (), b""))
