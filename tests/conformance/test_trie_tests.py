"""Ethereum's TrieTests: the same roots, all changes at once and one by one.

Of the tests whose keys aren't hashed, those with a key that begins another are left out: our tries only
ever hold keys of which none is a prefix of another (hashes, and a list's indices).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest

from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.trie.cache import NodeCache
from quarkparsec.trie.trie import Trie
from quarkparsec.types import Hash32
from tests.conformance.archive import MISSING, json_files

Change = tuple[bytes, bytes | None]


def octets(text: str) -> bytes:
    return bytes.fromhex(text[2:]) if text.startswith("0x") else text.encode()


def changes(described: Any) -> list[Change]:
    """Pairs, or an object where the order doesn't matter; null deletes."""
    pairs = described.items() if isinstance(described, dict) else described
    return [(octets(key), None if value is None else octets(value)) for key, value in pairs]


def has_prefix_keys(listed: list[Change]) -> bool:
    keys = sorted({key for key, _ in listed})
    return any(after.startswith(before) for before, after in pairwise(keys))


def cases() -> list[Any]:
    found = []
    for path, tests in json_files("TrieTests"):
        if "nextprev" in path:
            continue  # about walking to neighbours, not about roots
        for name, test in tests.items():
            listed = changes(test["in"])
            if "secure" in path.lower():
                listed = [(keccak(key), value) for key, value in listed]
            if not has_prefix_keys(listed):
                found.append(pytest.param(listed, octets(test["root"]), id=f"{path}:{name}"))
    return found


CASES = cases()


class Stored:
    """A trie in a dict of nodes by path."""

    def __init__(self) -> None:
        self.nodes: dict[bytes, bytes] = {}
        self.root: Hash32 = EMPTY_TRIE_ROOT

    def update(self, batch: Mapping[bytes, bytes | None]) -> None:
        trie = Trie(self.nodes.get, self.root, NodeCache(1000))
        self.root, writes = trie.update(batch)
        for path, node in writes.items():
            if node is None:
                self.nodes.pop(path, None)
            else:
                self.nodes[path] = node


def test_there_are_tries_to_build() -> None:
    if not CASES:
        pytest.skip(MISSING)
    assert len(CASES) >= 10


@pytest.mark.parametrize(("listed", "root"), CASES)
def test_a_batch_gives_the_expected_root(listed: list[Change], root: bytes) -> None:
    stored = Stored()
    stored.update(dict(listed))
    assert stored.root == root


@pytest.mark.parametrize(("listed", "root"), CASES)
def test_single_changes_give_the_expected_root(listed: list[Change], root: bytes) -> None:
    stored = Stored()
    for key, value in listed:
        stored.update({key: value})
    assert stored.root == root
