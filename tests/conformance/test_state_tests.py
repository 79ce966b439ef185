"""Ethereum's GeneralStateTests under Cancun: the same post-state root and the same logs.

A spread of the cases runs always, every one with QUARKPARSEC_CONFORMANCE=all.
"""

from __future__ import annotations

import pytest

from quarkparsec.chain.transaction import UnsupportedType
from tests.conformance.archive import MISSING, json_files
from tests.conformance.spread import RUN_ALL, spread
from tests.conformance.state_case import StateCase, run


def all_cases() -> list[StateCase]:
    return [
        StateCase(f"{path}:{name.rsplit('::')[-1]}:{index}", test, post)
        for path, tests in json_files("GeneralStateTests")
        for name, test in tests.items()
        for index, post in enumerate(test["post"]["Cancun"])
    ]


CASES = all_cases()
SLOW = [case for case in CASES if "loopMul.json" in case.name]
"""Millions of multiplications in a loop: minutes each, in Python."""
CHOSEN = spread([case for case in CASES if case not in SLOW], one_in=7)


def test_there_are_cases_to_run() -> None:
    if not CASES:
        pytest.skip(MISSING)
    assert len(CASES) == 10_256


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("case", [*CHOSEN, *(SLOW if RUN_ALL else [])], ids=lambda case: case.name)
def test_a_state_test_ends_in_the_expected_state(case: StateCase) -> None:
    if case.is_blob:
        with pytest.raises(UnsupportedType, match="blob transactions"):
            case.transaction()
        return
    result = run(case)
    assert (result.error is not None) == (case.expected_exception is not None), result.error
    assert result.root.hex() == case.post["hash"][2:]
    assert result.logs_hash.hex() == case.post["logs"][2:]
