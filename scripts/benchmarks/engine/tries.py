"""A batched update of the state trie beside trie's HexaryTrie, from memory, with the same root."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from trie import HexaryTrie

from benchmarks.engine.comparison import Comparison, Row
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.errors import invariant
from quarkparsec.trie.cache import NodeCache
from quarkparsec.trie.trie import Trie
from quarkparsec.types import Hash32, Recipient

CHANGES: Final = 1_000
ROUNDS: Final = 4
"""The first warms up and doesn't count."""

VALUE_BYTES: Final = 78
"""An account's usual size."""


def compare_tries(recipients: Sequence[Recipient]) -> Comparison:
    """Rounds of random changes to existing keys, in a trie with every recipient."""
    source = random.Random(len(recipients))  # noqa: S311 - a benchmark's data
    keys: list[bytes] = [keccak(recipient) for recipient in recipients]
    start = {key: source.randbytes(VALUE_BYTES) for key in keys}
    ours = _Ours(start)
    theirs = HexaryTrie(ours.nodes_by_hash(), ours.root, prune=True)
    one_by_one, squashed, mine = [], [], []
    for changes in _changes(keys, source):
        mine.append(ours.update(changes))
        # One by one is the faster way of trie; squash_changes is what py-evm uses.
        before = time.perf_counter()
        for key, value in changes.items():
            theirs[key] = value
        one_by_one.append(time.perf_counter() - before)
        invariant(theirs.root_hash == ours.root, "both tries have the same root")
        more = next(_changes(keys, source))
        ours.update(more)
        before = time.perf_counter()
        with theirs.squash_changes() as batch:
            for key, value in more.items():
                batch[key] = value
        squashed.append(time.perf_counter() - before)
        invariant(theirs.root_hash == ours.root, "both tries have the same root")
    scale = 1e6 / CHANGES
    best = median(mine[1:]) * scale
    return Comparison(
        f"trie update, {CHANGES:,} of {len(keys):,} keys, µs a key",
        [
            Row("HexaryTrie, key by key", median(one_by_one[1:]) * scale, best),
            Row("HexaryTrie.squash_changes", median(squashed[1:]) * scale, best, is_total=True),
        ],
    )


class _Ours:
    """Our trie over a dict."""

    def __init__(self, start: dict[bytes, bytes]) -> None:
        self._nodes: dict[bytes, bytes] = {}
        self._cache = NodeCache()
        self.root: Hash32 = EMPTY_TRIE_ROOT
        self.update(start)

    def update(self, changes: dict[bytes, bytes]) -> float:
        """Seconds for the new root and its nodes."""
        before = time.perf_counter()
        trie = Trie(self._nodes.get, self.root, self._cache)
        self.root, writes = trie.update(changes)
        for path, node in writes.items():
            if node is None:
                self._nodes.pop(path, None)
            else:
                self._nodes[path] = node
        return time.perf_counter() - before

    def nodes_by_hash(self) -> dict[bytes, bytes]:
        """The same trie as HexaryTrie keeps it."""
        return {keccak(node): node for node in self._nodes.values()}


def _changes(keys: Sequence[bytes], source: random.Random) -> Iterator[dict[bytes, bytes]]:
    for _ in range(ROUNDS):
        yield {key: source.randbytes(VALUE_BYTES) for key in source.sample(keys, CHANGES)}
