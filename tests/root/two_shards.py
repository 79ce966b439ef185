"""A root machine driven by hand: the shards' part is played by the test, with blocks that add up."""

from __future__ import annotations

from typing import Any

from quarkparsec.chain.block import SWEPT, ShardSummary
from quarkparsec.chain.bloom import EMPTY_BLOOM
from quarkparsec.chain.genesis import Genesis
from quarkparsec.chain.header import Header
from quarkparsec.crypto.keccak import EMPTY_TRIE_ROOT, keccak
from quarkparsec.effects import Persist, Persisted, Send
from quarkparsec.root.events import Announce, Excluded, Held, Rearranged
from quarkparsec.root.genesis_block import open_root_chain
from quarkparsec.root.machine import RootMachine
from quarkparsec.root.topology import SlavePlace, Topology
from quarkparsec.store import MemoryStore
from quarkparsec.types import Epoch, Gas, ShardId, Wei
from quarkparsec.wire import epoch as wire
from tests.simulation.scenery import genesis_of

GENESIS: Genesis = genesis_of(2, 50, 0)
HOME = ShardId(0)
"""Of the coinbase."""
OTHER = ShardId(1)
SLAVES = (SlavePlace("left", "127.0.0.1", 7001), SlavePlace("right", "127.0.0.1", 7002))


class Driven:
    """The machine, its store, and what it said and told."""

    def __init__(self, store: MemoryStore | None = None, *, holding: bool = False) -> None:
        self.store = MemoryStore() if store is None else store
        open_root_chain(self.store, GENESIS, SLAVES)
        self.machine = RootMachine(GENESIS, self.store)
        self.said: list[wire.FromMaster] = []
        self.announced: list[Announce] = []
        self.excluded: list[Excluded] = []
        self.holds: list[Held] = []
        self.rearranged: list[Topology] = []
        self.holding = holding
        self.held: list[Persist] = []
        self.now_ms = 100_000
        self.carry_out(self.machine.start(self.now_ms))

    def give(self, event: Any, after_ms: int = 0) -> list[wire.FromMaster]:
        """Feed an event; what the machine says about it."""
        self.now_ms += after_ms
        before = len(self.said)
        self.carry_out(self.machine.step(self.now_ms, event))
        return self.said[before:]

    def carry_out(self, effects: list[Any]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self.said.append(effect.message)
            elif isinstance(effect, Persist):
                self.held.append(effect)
                if not self.holding:
                    self.persist()
            elif isinstance(effect, Announce):
                self.announced.append(effect)
            elif isinstance(effect, Excluded):
                self.excluded.append(effect)
            elif isinstance(effect, Held):
                self.holds.append(effect)
            elif isinstance(effect, Rearranged):
                self.rearranged.append(effect.topology)

    def persist(self) -> None:
        """Let the write happen that the machine waits for."""
        effect = self.held.pop(0)
        self.store.write(effect.batch, sync=effect.sync)
        self.carry_out(self.machine.step(self.now_ms, Persisted(effect.token)))

    def state_name(self) -> str:
        return type(self.machine.state).__name__

    # --- the shards' part

    def join(
        self, shard_id: ShardId, number: int = 1, sealed: wire.Sealed | None = None
    ) -> list[wire.FromMaster]:
        block_hash = self.machine.head.summaries[shard_id].block_hash
        return self.give(
            wire.Join(shard_id, wire.Visit(1, number), GENESIS.hash, Epoch(0), block_hash, sealed)
        )

    def catch_up(
        self, shard_id: ShardId, work: wire.Work = wire.Work.NONE
    ) -> list[wire.FromMaster]:
        term = self.machine.term
        return self.give(wire.Committed(shard_id, term, self.machine.head.number, work))

    def join_all(self) -> None:
        for shard_id in (HOME, OTHER):
            self.join(shard_id)
            self.catch_up(shard_id)

    def work(self, shard_id: ShardId, after_ms: int = 50) -> list[wire.FromMaster]:
        message = wire.HasWork(shard_id, self.machine.term, wire.Work.READY)
        return self.give(message, after_ms)

    def lane_ended(
        self,
        opened: wire.FromMaster,
        tips: int = 0,
        wants: tuple[int, ...] = (),
        reaches: tuple[ShardId, ...] = (),
    ) -> list[wire.FromMaster]:
        """The answer to an order to run a lane."""
        assert isinstance(opened, wire.Open | wire.OpenLane)
        lane = opened.lane if isinstance(opened, wire.OpenLane) else 1
        amount = wire.to_amount(tips)
        return self.give(
            wire.LaneEnded(opened.shard_id, opened.round, lane, amount, wants, reaches)
        )

    def sealed(
        self,
        opened: wire.FromMaster,
        tips: int = 0,
        burned: int = 0,
        sweep: bytes = SWEPT,
        **changes: Any,
    ) -> wire.Sealed:
        """A block as the shard of `opened` would report it."""
        assert isinstance(opened, wire.Open)
        header = Header(
            **{
                "parent_hash": self.machine.head.summaries[opened.shard_id].block_hash,
                "coinbase": GENESIS.coinbase,
                "state_root": keccak(b"state"),
                "transactions_root": EMPTY_TRIE_ROOT,
                "receipts_root": EMPTY_TRIE_ROOT,
                "logs_bloom": EMPTY_BLOOM,
                "number": opened.round.epoch,
                "gas_limit": GENESIS.gas_limit,
                "gas_used": Gas(21_000),
                "timestamp": opened.timestamp,
                "prevrandao": opened.seed,
                "base_fee": wire.from_amount(opened.base_fee),
                "parent_beacon_block_root": opened.parent_hash,
                **changes,
            }
        )
        summary = ShardSummary(
            opened.shard_id, header.encode(), 1, 0, Wei(tips), Wei(burned), (), sweep
        )
        return wire.Sealed(opened.shard_id, opened.round, summary.encode())
