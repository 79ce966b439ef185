"""A network between engines that delivers in any order, cuts messages into pieces and repeats some."""

from __future__ import annotations

from random import Random
from typing import Any, Final, NamedTuple

from msgspec.structs import fields

from quarkparsec.crypto.keccak import keccak
from quarkparsec.ordering.machine import destinations
from quarkparsec.ordering.messages import (
    ExecuteTransaction,
    ExecutionSummary,
    ProtocolViolation,
    SealBatch,
    SpawnExecutor,
    TransactionRequest,
)
from quarkparsec.ordering.outcome import Ending, Miss
from quarkparsec.ordering.supervisor import Supervisor
from quarkparsec.ordering.timeline import Timeline
from quarkparsec.ordering.worker import Worker
from quarkparsec.types import Epoch, Fingerprint, Hash32
from quarkparsec.wire.acknowledgement import TransactionAck
from tests.ordering.random_transactions import (
    EMPTY,
    KEYS,
    answer_of,
    random_candidate,
    serial_run,
)

EPOCH: Final = Epoch(7)
STEPS_MAX: Final = 20_000


class Kinds(NamedTuple):
    """The engines' classes: a test may plant a hole in one."""

    worker: type[Worker] = Worker
    supervisor: type[Supervisor] = Supervisor
    timeline: type[Timeline] = Timeline


RIGHT: Final = Kinds()


class AnyOrder:
    """One machine whose messages are under way."""

    def __init__(
        self, random: Random, kinds: Kinds = RIGHT, pool: int = 3, strand: int = 1
    ) -> None:
        self.random: Final = random
        self.worker: Final = kinds.worker(0, EPOCH, 0, strand)
        self.supervisor = kinds.supervisor(lambda one, known: one.executable.run(known), pool)
        self.timeline: Final = kinds.timeline(EMPTY)
        self.destinations: Final = destinations(self.worker, self.supervisor, self.timeline)
        self.repeats: Final = random.choice((0.0, 0.3))
        self.under_way: list[Any] = []
        self.acks: list[TransactionAck] = []
        self.violations: list[ProtocolViolation] = []
        self.ended: dict[Fingerprint, Ending] = {}
        self.places: dict[Fingerprint, Hash32] = {}
        """Who was executed where."""

    def send(self, message: Any) -> None:
        if isinstance(message, ExecuteTransaction):
            for place, strand in message.executions:
                for number, candidate in enumerate(strand.candidates, place.n):
                    self.places[place._replace(n=number)] = candidate.hash
        for piece in self._pieces(message):
            self.under_way.append(piece)
            while self.random.random() < self.repeats:
                self.under_way.append(piece)

    def run(self) -> None:
        """Deliver until nothing is under way."""
        for _ in range(STEPS_MAX):
            if not self.under_way:
                return
            index = self.random.randrange(len(self.under_way))
            self.under_way[index], self.under_way[-1] = self.under_way[-1], self.under_way[index]
            self.deliver(self.under_way.pop())
        raise AssertionError("it never ends")

    def deliver(self, message: Any) -> None:
        step = self.destinations.get(type(message))
        if step is None:
            self._hear(message)
            return
        for reply in step(message):
            self.send(reply)

    def _hear(self, message: Any) -> None:
        if isinstance(message, TransactionAck):
            self.acks.append(message)
        elif isinstance(message, ProtocolViolation):
            self.violations.append(message)
        else:
            assert isinstance(message, ExecutionSummary)
            for ended in message.ended:
                for number, ending in enumerate(ended.endings, ended.fingerprint.n):
                    place = ended.fingerprint._replace(n=number)
                    assert self.ended.setdefault(place, ending) == ending

    def _pieces(self, message: Any) -> list[Any]:
        """The same said in several messages, if it is about several transactions."""
        name = fields(message)[-1].name if fields(message) else ""
        items = getattr(message, name, None)
        whole = isinstance(message, SpawnExecutor | TransactionRequest)
        if whole or not isinstance(items, tuple) or self.random.random() < 0.3:
            return [message]
        kind = type(message)
        rest = {each.name: getattr(message, each.name) for each in fields(message)[:-1]}
        return [kind(**rest, **{name: (item,)}) for item in items]


def verdict(seed: int, kinds: Kinds = RIGHT, pool: int | None = None) -> str:
    """What one random run comes to beside the serial run: "ok", "stall" or "wrong"."""
    random = Random(seed)
    strand = random.choice((1, 1, 2, 3))
    net = AnyOrder(random, kinds, random.choice((1, 2, 4, 99)) if pool is None else pool, strand)
    names = list(range(8))
    random.shuffle(names)
    candidates = [random_candidate(name, random) for name in names]
    half = random.randint(0, len(candidates))
    for some in (candidates[:half], candidates[half:]):
        net.send(TransactionRequest(tuple(some)))
        net.send(SealBatch(keccak(b"seed") if random.random() < 0.5 else None))
    net.run()
    net.send(SealBatch())  # whatever came late
    net.run()
    return _compare(net, {candidate.hash: candidate for candidate in candidates})


def _compare(net: AnyOrder, candidates: dict[Any, Any]) -> str:
    if net.violations:
        return "violation"
    endings = [net.ended[place] for place in sorted(net.ended)]
    settled = sum(not isinstance(ending, Miss) for ending in endings)
    if settled < len(candidates) or net.ended.keys() != net.places.keys():
        return "stall"
    turns = [candidates[net.places[place]] for place in sorted(net.places)]
    serial = serial_run(turns)
    if [
        (each.hash, answer_of(end)) for each, end in zip(turns, endings, strict=True)
    ] != serial.answers:
        return "wrong"
    newest = {key: net.timeline.newest(key) for key in KEYS}
    return "ok" if newest == {key: serial.state.get(key, EMPTY) for key in KEYS} else "wrong"
