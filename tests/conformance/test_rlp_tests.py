"""Ethereum's RLPTests: one encoding per item, and no item for any other bytes."""

from __future__ import annotations

from typing import Any

import pytest

from quarkparsec.codec import rlp
from quarkparsec.errors import InvalidInput
from tests.conformance.archive import MISSING, json_files
from tests.conformance.state_case import octets

CASES = [
    (f"{path}:{name}", test["in"], octets(test["out"]))
    for path, tests in json_files("RLPTests")
    for name, test in tests.items()
]


def item(described: Any) -> rlp.Item:
    """What a test describes: text, numbers (# for large ones), lists of them."""
    if isinstance(described, list):
        return [item(member) for member in described]
    if isinstance(described, int):
        return rlp.scalar_bytes(described)
    if described.startswith("#"):
        return rlp.scalar_bytes(int(described[1:]))
    return bytes(described, "latin-1")


def test_there_are_items_to_encode() -> None:
    if not CASES:
        pytest.skip(MISSING)
    assert len(CASES) >= 50


@pytest.mark.parametrize(("name", "described", "encoded"), CASES, ids=[case[0] for case in CASES])
def test_an_encoding_is_read_or_refused_as_expected(
    name: str, described: Any, encoded: bytes
) -> None:
    if described == "INVALID":
        with pytest.raises(InvalidInput):
            rlp.decode(encoded)
    elif described == "VALID":
        assert rlp.encode(rlp.decode(encoded)) == encoded
    else:
        assert rlp.encode(item(described)) == encoded
        assert rlp.decode(encoded) == item(described)
