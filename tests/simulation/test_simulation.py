"""The promises hold in every simulated run; and the checkers would notice if they didn't.

SIMULATION_SEEDS=20000 runs that many seeds instead of a few hundred. A failing seed belongs into seeds/.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from quarkparsec.chain.genesis import Shuffle
from tests.simulation.planted import PLANTED
from tests.simulation.world import SHUFFLES, Outcome, simulate

SEEDS = int(os.environ.get("SIMULATION_SEEDS", "200"))
SEEDS_PER_TEST = 50
SEEDS_UNTIL_FOUND = 500

KNOWN_SEEDS = sorted(Path(__file__).with_name("seeds").glob("*.txt"))


@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_PER_TEST))
def test_no_promise_is_broken_whatever_crashes_and_gets_lost(first: int) -> None:
    for seed in range(first, min(first + SEEDS_PER_TEST, SEEDS)):
        outcome = _simulate(seed)
        assert outcome.acknowledged > 0
        assert outcome.epochs > 0


@pytest.mark.parametrize("shuffle", SHUFFLES)
@pytest.mark.parametrize("path", KNOWN_SEEDS, ids=lambda path: path.stem)
def test_a_seed_that_once_failed_stays_fixed(path: Path, shuffle: Shuffle) -> None:
    assert _simulate(int(path.stem), shuffle).acknowledged > 0


@pytest.mark.parametrize("shuffle", SHUFFLES)
@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found_whatever_the_order_of_lane_1(
    bug: str, shuffle: Shuffle, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines, faults, patch, only, splits = PLANTED[bug]
    if patch is not None:
        patch.plant(monkeypatch)
    for seed in range(SEEDS_UNTIL_FOUND):
        try:
            simulate(seed, machines, faults, only, splits, shuffle)
        except Exception:  # noqa: BLE001 - whatever stops the run has found it
            return
    pytest.fail(f"a cluster that {bug} breaks no promise in {SEEDS_UNTIL_FOUND} runs")


def test_the_same_seed_is_the_same_run_whatever_the_hash_seed() -> None:
    traces = {_trace_in_another_process(hash_seed) for hash_seed in ("0", "1", "4711")}
    assert len(traces) == 1


def test_other_seeds_are_other_runs() -> None:
    assert len({simulate(seed).trace for seed in range(5)}) == 5


def _simulate(seed: int, shuffle: Shuffle | None = None) -> Outcome:
    try:
        return simulate(seed, shuffle=shuffle)
    except Exception as error:
        error.add_note(f"seed {seed}")
        raise


def _trace_in_another_process(hash_seed: str) -> str:
    program = (
        "from tests.simulation.world import simulate; print([simulate(s).trace for s in range(8)])"
    )
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.getcwd()}
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    )
    return ran.stdout
