"""A shard machine on a memory store, driven by hand: the master's part is played by the test.

The other shards' part, too, if the genesis has some; this is shard 0.
"""

from __future__ import annotations

from typing import Any

from quarkparsec.chain.block import ShardSummary
from quarkparsec.chain.genesis import Genesis
from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import keccak
from quarkparsec.effects import JobDone, Persist, Persisted, Run, Send
from quarkparsec.shard.account_queue import Candidate
from quarkparsec.shard.events import Announce, Divide, HandOver
from quarkparsec.shard.genesis_block import open_shard
from quarkparsec.shard.machine import ShardMachine
from quarkparsec.store import MemoryStore
from quarkparsec.types import Epoch, Hash32, ShardId, ShardKey
from quarkparsec.wire import epoch as wire
from quarkparsec.wire.lanes import LaneMessages
from tests.simulation.scenery import genesis_of
from tests.simulation.wallet import GWEI, Wallet, wallets

ALICE, BOB, CAROL = wallets(1, 3)[ShardId(0)]
Said = wire.FromShard | LaneMessages

GENESIS: Genesis = genesis_of(1, 0, 0)
TERM = 1
ROOT_0 = keccak(b"root block 0")
ANY_KEY = ShardKey(0)
"""All of these accounts live in the only shard; the key doesn't matter to a transfer."""


class Driven:
    """The machine, its store, and what it said."""

    def __init__(self, store: MemoryStore | None = None, genesis: Genesis = GENESIS) -> None:
        self.store = MemoryStore() if store is None else store
        self.genesis = genesis
        self.shard_count = genesis.shard_count
        state = open_shard(self.store, genesis, ShardId(0))
        self.machine = ShardMachine(genesis, ShardId(0), self.store, state)
        self.said: list[Said] = []
        self.announced: list[Announce] = []
        self.divides: list[Divide] = []
        self.handed_over: list[HandOver] = []
        self.held: list[Any] = []
        """Effects that the test has not let happen yet."""
        self.hold: type | None = None
        self.root_hash = ROOT_0
        self.now_ms = 0
        self.carry_out(self.machine.start(0))

    def give(self, event: Any) -> list[Said]:
        """Feed an event; what the machine says about it."""
        before = len(self.said)
        self.carry_out(self.machine.step(self.now_ms, event))
        return self.said[before:]

    def carry_out(self, effects: list[Any]) -> None:
        for effect in effects:
            if self.hold is not None and isinstance(effect, self.hold):
                self.held.append(effect)
            else:
                self.do(effect)

    def do(self, effect: Any) -> None:
        """Let one effect happen, with what follows from it."""
        if isinstance(effect, Send):
            self.said.append(effect.message)
        elif isinstance(effect, Persist):
            self.store.write(effect.batch, sync=effect.sync)
            self.carry_out(self.machine.step(self.now_ms, Persisted(effect.token)))
        elif isinstance(effect, Run):
            result = effect.job(lambda: False)
            self.carry_out(self.machine.step(self.now_ms, JobDone(effect.job_id, result)))
        elif isinstance(effect, Announce):
            self.announced.append(effect)
        elif isinstance(effect, Divide):
            self.divides.append(effect)
        elif isinstance(effect, HandOver):
            self.handed_over.append(effect)

    def admit(self, wallet: Wallet, nonce: int, value: int = 1) -> Hash32:
        transaction = wallet.sign(nonce, CAROL.recipient, value)
        self.take(Candidate(transaction, ANY_KEY))
        return transaction.hash

    def take(self, candidate: Candidate) -> None:
        self.carry_out(self.machine.admit(self.now_ms, candidate))

    def state_name(self) -> str:
        return type(self.machine.state).__name__

    # --- the master's part

    def welcome(self, epoch: int = 0, block_hash: bytes | None = None) -> list[Said]:
        join = next(each for each in reversed(self.said) if isinstance(each, wire.Join))
        block_hash = join.block_hash if block_hash is None else block_hash
        return self.give(
            wire.Welcome(
                ShardId(0),
                join.visit,
                TERM,
                Epoch(epoch),
                (self.root_hash,),
                block_hash,
                wire.to_amount(GWEI),
                self.shard_count,
            )
        )

    def open(self, epoch: int = 1, attempt: int = 0) -> list[Said]:
        return self.give(
            wire.Open(
                ShardId(0),
                wire.Round(Epoch(epoch), TERM, attempt),
                self.root_hash,
                1_000,
                wire.to_amount(GWEI),
                bytes(32),
                self.shard_count,
                tuple(map(ShardId, range(self.shard_count))),
                wire.Tickets(1_000 * attempt, 1, 1_000),
            )
        )

    def seal(self, epoch: int = 1, attempt: int = 0, fees: int = 0) -> list[Said]:
        open_round = wire.Round(Epoch(epoch), TERM, attempt)
        return self.give(wire.Seal(ShardId(0), open_round, wire.to_amount(fees)))

    def open_lane(self, lane: int, epoch: int = 1, attempt: int = 0) -> list[Said]:
        open_round = wire.Round(Epoch(epoch), TERM, attempt)
        return self.give(wire.OpenLane(ShardId(0), open_round, lane))

    def abort(self, epoch: int = 1, attempt: int = 0) -> list[Said]:
        return self.give(wire.Abort(ShardId(0), wire.Round(Epoch(epoch), TERM, attempt)))

    def commit(self, block_hash: bytes, epoch: int = 1) -> list[Said]:
        self.root_hash = keccak(self.root_hash)
        return self.give(
            wire.Commit(
                ShardId(0),
                TERM,
                Epoch(epoch),
                self.root_hash,
                block_hash,
                wire.to_amount(GWEI),
                self.shard_count,
            )
        )


def summary_of(sealed: Said) -> ShardSummary:
    assert isinstance(sealed, wire.Sealed)
    return ShardSummary.from_item(rlp.decode_list(sealed.summary))
