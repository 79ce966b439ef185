"""One case of GeneralStateTests, run through our decoder, executor and journal.

Their states have four-field accounts and one coinbase that is paid at once. So the world here is one
shard in which every account has key 0, the tip is credited when the transaction is done (as lane 4
does), and the root is computed over four fields with the reference trie.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import rlp
from coincurve import PrivateKey

from quarkparsec.chain.log import Log
from quarkparsec.chain.transaction import Transaction, decode_transaction
from quarkparsec.crypto.keccak import keccak
from quarkparsec.errors import InvalidInput, QuarkparsecError, Rejected
from quarkparsec.runners.block_context import BlockContext
from quarkparsec.runners.evm.executor import execute
from quarkparsec.runners.outcome import Done
from quarkparsec.state.journal import Journal
from quarkparsec.state.place import Place
from quarkparsec.types import Gas, Hash32, Recipient, ShardId, ShardKey, Wei
from tests.conformance.one_key import OneKeyJournal
from tests.runners.dict_state import DictState

MAINNET = 1
KEY = ShardKey(0)


def number(text: str) -> int:
    return int(text, 16) if text.startswith("0x") else int(text)


def octets(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


@dataclass(frozen=True)
class StateCase:
    """One entry of one test's Cancun posts."""

    name: str
    test: dict[str, Any]
    post: dict[str, Any]

    @cached_property
    def raw(self) -> bytes:
        return octets(self.post["txbytes"])

    @property
    def is_blob(self) -> bool:
        return self.raw[:1] == b"\x03"

    @property
    def expected_exception(self) -> str | None:
        exception: str | None = self.post.get("expectException")
        return exception

    def state(self) -> DictState:
        state = DictState()
        for recipient, account in self.test["pre"].items():
            storage = {number(slot): number(value) for slot, value in account["storage"].items()}
            state.put(
                octets(recipient),
                number(account["balance"]),
                nonce=number(account["nonce"]),
                code=octets(account["code"]),
                storage=storage,
            )
        return state

    def block(self) -> BlockContext:
        env = self.test["env"]
        return BlockContext(
            MAINNET,
            number(env["currentNumber"]),
            number(env["currentTimestamp"]),
            Gas(number(env["currentGasLimit"])),
            Wei(number(env["currentBaseFee"])),
            Recipient(octets(env["currentCoinbase"])),
            Hash32(number(env["currentRandom"]).to_bytes(32, "big")),
            lambda block_number: keccak(str(block_number).encode()),
            "cancun",
            frozenset(),
        )

    def transaction(self) -> Transaction:
        """Raises Rejected or InvalidInput as for any transaction that comes in."""
        return decode_transaction(
            protected(self.raw, octets(self.test["transaction"]["secretKey"]))
        )


def protected(raw: bytes, secret: bytes) -> bytes:
    """The same transaction signed for one chain (EIP-155): we refuse those that name none."""
    if raw[0] < 0xC0:
        return raw
    *fields, v, _, _ = rlp.decode(raw)
    if v not in (b"\x1b", b"\x1c"):
        return raw
    payload = rlp.encode([*fields, MAINNET, b"", b""])
    signature = PrivateKey(secret).sign_recoverable(keccak(payload), hasher=None)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    encoded: bytes = rlp.encode([*fields, MAINNET * 2 + 35 + signature[64], r, s])
    return encoded


@dataclass(frozen=True)
class Result:
    root: Hash32
    logs_hash: Hash32
    error: QuarkparsecError | None


def run(case: StateCase) -> Result:
    state, block = case.state(), case.block()
    try:
        transaction = case.transaction()
        journal = OneKeyJournal(state, Place(ShardId(0), 1))
        done = execute(journal, transaction, KEY, block)
    except (Rejected, InvalidInput) as error:
        return Result(state.ethereum_root(), _hash_logs(()), error)
    if not isinstance(done, Done):
        return Result(state.ethereum_root(), _hash_logs(()), Rejected(str(done)))
    credit_coinbase(journal, block.coinbase, done.tip)
    state.absorb(journal)
    return Result(state.ethereum_root(), _hash_logs(done.logs), None)


def credit_coinbase(journal: Journal, coinbase: Recipient, tip: int) -> None:
    """Even a tip of nothing touches the coinbase: an empty one goes away (EIP-161)."""
    journal.begin_transaction(KEY)
    journal.add_balance(coinbase, tip)
    journal.end_transaction()


def _hash_logs(logs: tuple[Log, ...]) -> Hash32:
    return keccak(rlp.encode([[log.recipient, list(log.topics), log.data] for log in logs]))
