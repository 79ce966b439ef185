"""The network of a simulated cluster: it loses, repeats, delays and reorders, and links break one way."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from quarkparsec.wire.epoch import FromMaster, FromShard
from quarkparsec.wire.lanes import LaneMessages
from tests.simulation.process import Process

if TYPE_CHECKING:
    from tests.simulation.world import World

LATE_MS_MAX: Final = 10_000

_TO_MASTER: Final = msgspec.msgpack.Decoder(FromShard)
_TO_SHARD: Final = msgspec.msgpack.Decoder(FromMaster | LaneMessages)


class Network:
    """Carries messages, encoded, between the processes of one world."""

    def __init__(self, world: World) -> None:
        self._world: Final = world
        self._broken_links: Final[dict[tuple[str, str], int]] = {}
        """Sender and receiver → until when."""

    def heal(self) -> None:
        """All links work."""
        self._broken_links.clear()

    def send(self, sender: Process, message: Any) -> None:
        """Carry a message, perhaps never, perhaps twice."""
        encoded = msgspec.msgpack.encode(message)
        receiver = self._receiver(sender, message)
        if receiver is None or self._is_lost(sender.name, receiver.name):
            return
        world = self._world
        copies = 2 if world.random.random() < world.faults.repetition else 1
        for _ in range(copies):
            world.at(world.now_ms + self._delay_ms(), partial(self._deliver, receiver, encoded))

    def _receiver(self, sender: Process, message: Any) -> Process | None:
        """None while a shard that was split off isn't there yet."""
        master = self._world.master
        if sender is master or isinstance(message, LaneMessages):
            return self._world.shards.get(message.shard_id)
        return master

    def _delay_ms(self) -> int:
        random, faults = self._world.random, self._world.faults
        is_late = random.random() < faults.late
        return random.randint(1, LATE_MS_MAX if is_late else faults.delay_ms_max)

    def _is_lost(self, sender: str, receiver: str) -> bool:
        world, link = self._world, (sender, receiver)
        if world.random.random() < world.faults.partition:
            self._broken_links[link] = world.now_ms + world.random.randint(100, 15_000)
        return (
            self._broken_links.get(link, 0) > world.now_ms
            or world.random.random() < world.faults.loss
        )

    def _deliver(self, receiver: Process, encoded: bytes) -> None:
        world = self._world
        world.note(encoded)
        decoder = _TO_MASTER if receiver is world.master else _TO_SHARD
        world.step(receiver, decoder.decode(encoded))
