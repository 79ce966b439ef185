"""Paths: the cluster, a shard key, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.path import parse_path


@pytest.mark.parametrize("path", ["", "/"])
def test_the_root_is_the_cluster(path: str) -> None:
    assert parse_path(path) is None


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_eight_digits_are_a_key(key: int, upper: bool) -> None:
    assert parse_path(f"/key/{key:08X}" if upper else f"/key/{key:08x}") == key


@pytest.mark.parametrize(
    "path",
    [
        "/key",
        "/key/",
        "/key/zz",
        "/key/1",
        "/key/0000001",
        "/key/000000001",
        "/key/0x000001",
        "/key/0000 001",
        "/key/٠٠٠٠٠٠٠٠",
        "/key/00000001/",
        "/key/00000001\n",
        "//key/00000001",
        "/keys/00000001",
        "/KEY/00000001",
        "/index.html",
        "//",
    ],
)
def test_nothing_else_is_found(path: str) -> None:
    with pytest.raises(InvalidInput, match="not found"):
        parse_path(path)
