"""Random transactions as data: what they touch and what comes of it depends only on what they read.

They read eagerly and lazily, write what they said, fail, raise, and now and then touch what their label doesn't
allow. `serial_run` says what must come of them, one after the other; it knows nothing of the engines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from random import Random
from typing import Any, Final, NamedTuple

from quarkparsec.crypto.keccak import keccak
from quarkparsec.ordering.label import WHOLE_SHARD, Key, Label
from quarkparsec.ordering.messages import TransactionCandidate
from quarkparsec.ordering.outcome import Failure, Miss, Outcome, Success, Wants
from quarkparsec.types import Hash32

KEYS: Final = tuple(bytes([number]) for number in range(4))
EMPTY: Final = 0

Answer = tuple[str, Any]
"""How a transaction ended, to compare: the kind, and what it wrote or what its label should be."""


def digest(*parts: Any) -> int:
    """A number that looks random."""
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=6).digest(), "big")


class Touching(NamedTuple):
    """A program: `name` tells it apart; `eager` and so on are what it does, whatever its label says."""

    name: int
    eager: tuple[Key, ...]
    lazy: tuple[Key, ...]
    will: tuple[Key, ...]
    may: tuple[Key, ...]
    stray: Key | None
    """Sometimes it touches this, too."""

    def run(self, known: Mapping[Key, Any]) -> Outcome:
        missing = tuple(key for key in self.eager if key not in known)
        if missing:  # only under the whole shard's label
            return Wants(missing)
        wanted = self._wanted(known)
        missing = tuple(key for key in wanted if key not in known)
        if missing:
            return Wants(missing)
        state = digest(self.name, [(key, known[key]) for key in sorted({*self.eager, *wanted})])
        if state % 5 == 0:
            return Failure("it fails")
        if state % 31 == 0:
            raise ZeroDivisionError("poison")
        writes = {key: digest(state, key) for key in self.will}
        writes |= {
            key: digest(state, key) for n, key in enumerate(self.may) if (state >> (3 + n)) & 1
        }
        if self.stray is not None and state % 3 == 0:
            writes[self.stray] = state
        return Success(writes)

    def _wanted(self, known: Mapping[Key, Any]) -> tuple[Key, ...]:
        base = digest(self.name, [(key, known[key]) for key in sorted(self.eager)])
        wanted = tuple(key for n, key in enumerate(self.lazy) if (base >> n) & 1)
        return (*wanted, self.stray) if self.stray is not None and base % 4 == 0 else wanted


def random_candidate(name: int, random: Random) -> TransactionCandidate:
    """A transaction of one of three senders; `name` is its nonce."""
    reads = random.sample(KEYS, random.randint(0, 3))
    writes = random.sample(KEYS, random.randint(0, 3))
    cut, cut_writes = random.randint(0, len(reads)), random.randint(0, len(writes))
    program = Touching(
        name,
        tuple(reads[:cut]),
        tuple(reads[cut:]),
        tuple(writes[:cut_writes]),
        tuple(writes[cut_writes:]),
        random.choice(KEYS) if random.random() < 0.2 else None,
    )
    is_whole = random.random() < 0.15
    eager, lazy, will, may = map(frozenset, program[1:5])
    label = WHOLE_SHARD if is_whole else Label(eager, lazy, will, may)
    identity = keccak(f"transaction {name}".encode())
    return TransactionCandidate(identity, bytes([name % 3]), name, label, program)


class SerialRun(NamedTuple):
    """What must come of an order: of each place, and of the state."""

    answers: list[tuple[Hash32, Answer]]
    """The hash of each transaction that had a turn, and how it ended."""
    state: dict[Key, Any]


def serial_run(turns: Iterable[TransactionCandidate]) -> SerialRun:
    """Run one after the other; whoever misses has its next turn with the label that it should have had."""
    state: dict[Key, Any] = {}
    answers = []
    labels: dict[bytes, Label] = {}
    for candidate in turns:
        label = labels.get(candidate.hash, candidate.label)
        outcome = _run(candidate.executable, label, state)
        answers.append((candidate.hash, answer_of(outcome)))
        if isinstance(outcome, Miss):
            labels[candidate.hash] = outcome.label
        elif isinstance(outcome, Success):
            state.update(outcome.writes)
    return SerialRun(answers, state)


def _run(program: Touching, label: Label, state: Mapping[Key, Any]) -> Outcome:
    known = {key: state.get(key, EMPTY) for key in label.eager}
    while True:
        try:
            outcome = program.run(known)
        except ZeroDivisionError:
            return Failure("poison")
        if isinstance(outcome, Wants):
            outside = tuple(key for key in outcome.keys if not label.may_read(key))
            if outside:
                return Miss(label.join(Label(lazy=frozenset(outside))))
            known |= {key: state.get(key, EMPTY) for key in outcome.keys}
            continue
        if isinstance(outcome, Success) and not all(map(label.may_write, outcome.writes)):
            return Miss(label.join(Label(may=outcome.writes.keys())))
        return outcome


def answer_of(ending: Any) -> Answer:
    """What an ending comes to; the words of a failure don't count."""
    if isinstance(ending, Success):
        return "success", dict(ending.writes)
    return ("miss", ending.label) if isinstance(ending, Miss) else ("failure", None)
