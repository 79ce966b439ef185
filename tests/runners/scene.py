"""One shard with a rich sender in it, on which tests run transactions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from quarkparsec.chain.fork import Fork
from quarkparsec.chain.transaction import DYNAMIC_FEE, Transaction
from quarkparsec.crypto.keccak import keccak
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.runners.evm.executor import execute
from quarkparsec.runners.outcome import Done, Outcome
from quarkparsec.state.entry import Entry
from quarkparsec.state.journal import Journal
from quarkparsec.state.place import Place
from quarkparsec.types import Gas, Hash32, Recipient, ShardId, ShardKey, Slot, Wei
from tests.runners.dict_state import DictState

CHAIN_ID = 20803
ETHER = 10**18
BASE_FEE = 7
KEY = ShardKey(0)
"""The key of everything, unless a test says otherwise."""
OTHER_KEY = ShardKey(2)
"""Another key in the same shard, when there are two shards."""

SENDER = Recipient(b"\x11" * 16 + bytes(4))
COINBASE = Recipient(b"\xc0" * 20)


def recipient(number: int, home: int = 0) -> Recipient:
    """An address whose home key is `home`."""
    return Recipient(b"\xaa" * 12 + number.to_bytes(4, "big") + home.to_bytes(4, "big"))


def done(outcome: Outcome) -> Done:
    """The outcome of what was in the block."""
    assert isinstance(outcome, Done), outcome
    return outcome


@dataclass
class Scene:
    """Put accounts first, then execute."""

    fork: Fork = "prague"
    shard_id: int = 0
    shard_count: int = 1
    universal: frozenset[Recipient] = frozenset()
    base_fee: int = BASE_FEE
    state: DictState = field(default_factory=DictState)

    def __post_init__(self) -> None:
        self.state.put(SENDER, ETHER)
        place = Place(ShardId(self.shard_id), self.shard_count, self.universal)
        self.journal = Journal(self.state, place)

    @property
    def block(self) -> BlockContext:
        return BlockContext(
            CHAIN_ID,
            5,
            1_700_000_000,
            Gas(30_000_000),
            Wei(self.base_fee),
            COINBASE,
            keccak(b"seed"),
            lambda number: keccak(str(number).encode()),
            self.fork,
            self.universal,
        )

    def contract(self, at: Recipient, code: bytes, **rest: Any) -> Recipient:
        """Put a contract; `rest` as for DictState.put."""
        self.state.put(at, code=code, nonce=1, **rest)
        return at

    def transaction(self, to: Recipient | None, **fields: Any) -> Transaction:
        """A transaction of SENDER with the next nonce and plenty of gas."""
        values: dict[str, Any] = {
            "type": DYNAMIC_FEE,
            "chain_id": CHAIN_ID,
            "nonce": self.journal.entry(SENDER).nonce,
            "max_priority_fee_per_gas": 1,
            "max_fee_per_gas": 100,
            "gas_limit": 1_000_000,
            "to": to,
            "value": 0,
            "data": b"",
            "access_list": (),
            "authorizations": (),
            "parity": 0,
            "r": 1,
            "s": 1,
            "sender": SENDER,
            "hash": Hash32(bytes(32)),
            "raw": b"",
        }
        return Transaction(**(values | fields))

    def outcome(self, to: Recipient | None, key: ShardKey = KEY, **fields: Any) -> Outcome:
        return execute(self.journal, self.transaction(to, **fields), key, self.block)

    def execute(self, to: Recipient | None, key: ShardKey = KEY, **fields: Any) -> Done:
        """The same for what a block can hold without other shards."""
        return done(self.outcome(to, key, **fields))

    def entry(self, of: Recipient) -> Entry:
        return self.journal.entry(of)

    def slot(self, of: Recipient, number: int) -> int:
        return self.journal.storage(of, Slot(number.to_bytes(32, "big")))
