"""The store in memory against a dict: random batches, reads, scans and snapshots."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from quarkparsec.store import MemoryStore, prefix_stop

KEYS = st.binary(max_size=3)
BATCHES = st.dictionaries(KEYS, st.none() | st.binary(max_size=3), max_size=6)


class StoreAgainstDict(RuleBasedStateMachine):
    """Both get the same batches; they must tell the same."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryStore()
        self.model: dict[bytes, bytes] = {}
        self.snapshots: list[tuple[MemoryStore, dict[bytes, bytes]]] = []

    @rule(batch=BATCHES, sync=st.booleans())
    def write(self, batch: dict[bytes, bytes | None], sync: bool) -> None:
        self.store.write(batch, sync=sync)
        for key, value in batch.items():
            if value is None:
                self.model.pop(key, None)
            else:
                self.model[key] = value

    @rule()
    def snapshot(self) -> None:
        self.snapshots.append((self.store.snapshot(), dict(self.model)))

    @rule(key=KEYS)
    def get(self, key: bytes) -> None:
        assert self.store.get(key) == self.model.get(key)

    @rule(start=KEYS, stop=KEYS)
    def scan(self, start: bytes, stop: bytes) -> None:
        expected = sorted(item for item in self.model.items() if start <= item[0] < stop)
        assert list(self.store.scan(start, stop)) == expected

    @rule(prefix=st.binary(min_size=1, max_size=2).filter(lambda prefix: prefix.strip(b"\xff")))
    def scan_prefix(self, prefix: bytes) -> None:
        expected = sorted(item for item in self.model.items() if item[0].startswith(prefix))
        assert list(self.store.scan(prefix, prefix_stop(prefix))) == expected

    @invariant()
    def snapshots_stay_as_they_were(self) -> None:
        for snapshot, model in self.snapshots:
            assert list(snapshot.scan(b"", b"\xff" * 4)) == sorted(model.items())


TestStoreAgainstDict = StoreAgainstDict.TestCase


def test_a_store_begins_with_what_it_is_given() -> None:
    store = MemoryStore({b"b": b"2", b"a": b"1"})
    assert list(store.scan(b"", b"c")) == [(b"a", b"1"), (b"b", b"2")]


def test_the_stop_of_a_prefix_skips_bytes_that_cannot_grow() -> None:
    assert prefix_stop(b"a") == b"b"
    assert prefix_stop(b"a\xff\xff") == b"b"
