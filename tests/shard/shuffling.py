"""A network between the lanes of several shards, in one thread: it shuffles, and may lose and repeat.

Every item goes through its encoding, alone in a message, so that any order is possible. When nothing is
under way, time jumps to the next thing that somebody wants to say again.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, Final

import msgspec

from quarkparsec.broker.agent import Outgoing
from quarkparsec.shard.lane_tickets import TicketLane
from quarkparsec.shard.lane_transfers import TransferLane
from quarkparsec.types import Epoch, ShardId
from quarkparsec.wire.epoch import Round
from quarkparsec.wire.lanes import LaneMessages

Lane = TicketLane | TransferLane

ROUND: Final = Round(Epoch(1), 1, 0)
STEPS_MAX: Final = 50_000

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(LaneMessages).decode


class Shuffling:
    """What is under way between lanes; `lost` and `repeated` are probabilities."""

    def __init__(self, random: Random, lost: float = 0.0, repeated: float = 0.0) -> None:
        self._random = random
        self._lost = lost
        self._repeated = repeated
        self._under_way: list[bytes] = []
        self.now_ms = 0
        self.delivered: list[LaneMessages] = []

    def run(self, lanes: Mapping[ShardId, Lane], order: list[ShardId] | None = None) -> None:
        """Step the lanes until all have ended and nothing is under way."""
        for shard_id in lanes if order is None else order:
            self._step(lanes, shard_id, [])
        for _ in range(STEPS_MAX):
            if self._under_way:
                self._deliver_one(lanes)
            elif all(lane.has_ended for lane in lanes.values()):
                return
            else:
                self._let_time_pass(lanes)
        raise AssertionError("the lanes never end")

    def _deliver_one(self, lanes: Mapping[ShardId, Lane]) -> None:
        index = self._random.randrange(len(self._under_way))
        encoded = self._under_way[index]
        chance = self._random.random()
        if chance >= self._repeated:
            self._under_way[index] = self._under_way[-1]
            self._under_way.pop()
        if self._random.random() < self._lost:
            return
        message = _decode(encoded)
        self.delivered.append(message)
        self._step(lanes, message.shard_id, [(message.source, item) for item in message.items])

    def _let_time_pass(self, lanes: Mapping[ShardId, Lane]) -> None:
        wakes = {shard_id: lane.wake_ms for shard_id, lane in lanes.items()}
        due = {shard_id: at_ms for shard_id, at_ms in wakes.items() if at_ms is not None}
        assert due, "nobody has anything to say, and some lane hasn't ended"
        self.now_ms = max(self.now_ms, min(due.values()))
        for shard_id, at_ms in due.items():
            if at_ms <= self.now_ms:
                self._step(lanes, shard_id, [])

    def _step(self, lanes: Mapping[ShardId, Lane], shard_id: ShardId, items: list[Any]) -> None:
        lane = lanes[shard_id]
        for outgoing in lane.step(self.now_ms, items):
            self._under_way.append(self._sent(lane, shard_id, outgoing))

    def _sent(self, lane: Lane, source: ShardId, outgoing: Outgoing) -> bytes:
        destination, item = outgoing
        assert destination != source, "a shard says nothing to itself over the network"
        return _encode(LaneMessages(source, destination, ROUND, lane.number, (item,)))
