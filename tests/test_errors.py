"""The tree of errors says whose fault it is."""

from __future__ import annotations

import pytest

from quarkparsec.errors import (
    Corrupt,
    InvalidInput,
    InvariantBroken,
    QuarkparsecError,
    Rejected,
    Unavailable,
    invariant,
)


@pytest.mark.parametrize("kind", [InvalidInput, Rejected, Unavailable, Corrupt])
def test_an_expected_error_is_caught_by_the_root_and_by_no_sibling(
    kind: type[QuarkparsecError],
) -> None:
    assert issubclass(kind, QuarkparsecError)
    siblings = {InvalidInput, Rejected, Unavailable, Corrupt} - {kind}
    assert not any(issubclass(kind, sibling) for sibling in siblings)


def test_our_own_fault_hides_behind_nothing_expected() -> None:
    assert not issubclass(InvariantBroken, QuarkparsecError)


def test_an_invariant_that_holds_says_nothing() -> None:
    invariant(1 + 1 == 2, "arithmetic works")


def test_a_broken_invariant_says_which_with_the_values() -> None:
    with pytest.raises(InvariantBroken, match=r"no balance is negative \(balance=-1, who='x'\)"):
        invariant(False, "no balance is negative", balance=-1, who="x")
    with pytest.raises(InvariantBroken, match=r"^no values$"):
        invariant(None, "no values")
