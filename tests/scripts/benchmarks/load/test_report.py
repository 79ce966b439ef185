"""Percentiles by nearest rank."""

from __future__ import annotations

from benchmarks.load.report import Latency, measure_latency


def test_percentiles_are_values_that_were_measured() -> None:
    assert measure_latency([float(value) for value in range(100, 0, -1)]) == Latency(
        100, 50.0, 99.0, 100.0
    )


def test_one_sample_is_every_percentile() -> None:
    assert measure_latency([7.0]) == Latency(1, 7.0, 7.0, 7.0)


def test_nothing_measured_is_nothing() -> None:
    assert measure_latency([]) is None
