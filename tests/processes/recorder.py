"""Clients that read and write a ledger without end, and record what they did and saw, and when.

A client has one transaction under way at a time. It sends it again as long as there is no receipt, because a
node that was killed has forgotten its pool; a hasty one doesn't, but signs something else with the same nonce
and higher fees, so that one of the two takes place. Now and then a used transaction is sent once more, which
must be refused. In the end every transaction that was ever sent has a receipt or was replaced.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import requests
from eth_account.signers.local import LocalAccount

from tests.processes.contracts import paying_at_birth
from tests.processes.json_rpc import JsonRpc, Question, Refused
from tests.processes.ledger import TRASH, Ledger, ListPlace, call_data, read_purse
from tests.serializability.append_history import (
    EARLIEST,
    History,
    Operation,
    Outcome,
    Transaction,
)

CHAIN_ID: Final = 20803
COINBASE: Final = "0x00000000000000000000000000000000000fee00"
POLL_S: Final = 0.02
RESEND_S: Final = 2.0
PATIENCE_S: Final = 60.0
"""After so long without a receipt, a transaction is stuck."""
FEE: Final = 10 * 10**9
PAST_BLOCKS: Final = 20
"""How far back reads of the past go."""
IS_USED: Final = ("nonce too low", "already known")
"""What is said to a transaction that took place; its shard may be about to learn of it."""
IS_KNOWN: Final = (*IS_USED, "replacement transaction underpriced")
"""What is said to a transaction that needn't be sent again: it, or one in its place, is on its way."""


class Plan(NamedTuple):
    """A transaction before it is signed: its fields, and what it does if it succeeds."""

    fields: dict[str, Any]
    writes: tuple[Operation, ...]
    reads: tuple[ListPlace, ...] = ()


class Attempt(NamedTuple):
    """A transaction that was signed and sent."""

    hash: str
    raw: str
    start: float
    plan: Plan


class Cut(NamedTuple):
    """All the money there was at the end of a block."""

    block: int
    total: int


class Recorder(threading.Thread):
    """One client with an account of its own, at several gateways."""

    def __init__(
        self,
        urls: Sequence[str],
        account: LocalAccount,
        everybody: Sequence[str],
        ledger: Ledger,
        seed: int,
        haste: float = 0.0,
    ) -> None:
        super().__init__(daemon=True)
        self.account: Final = account
        self.history: Final[History] = []
        self.receipts: Final[list[Any]] = []
        self.cuts: Final[list[Cut]] = []
        self.replaced: Final[list[str]] = []
        """Hashes of transactions in whose place others came."""
        self.setbacks: Final[list[str]] = []
        """Why something had to be tried again: nobody was there, or a shard was away."""
        self.error: BaseException | None = None
        """Why it gave up."""
        self._gateways: Final = [JsonRpc(url) for url in urls]
        self._everybody: Final = (*everybody, *ledger.contracts, COINBASE)
        self._ledger: Final = ledger
        self._chance: Final = random.Random(seed)
        self._haste: Final = haste
        self._stopping: Final = threading.Event()
        self._used: Final[list[str]] = []
        """What was sent under nonces that are taken."""
        self.next_nonce = int(
            self._gateway().ask("eth_getTransactionCount", account.address, "latest"), 16
        )

    def run(self) -> None:
        deeds = {
            self._call: 40,
            self._pay: 15,
            self._create: 5,
            self._send_again: 5,
            self._read: 20,
            self._cut: 10,
            self._read_past: 5,
        }
        try:
            while not self._stopping.is_set():
                self._try(self._chance.choices(list(deeds), list(deeds.values()))[0])
        except BaseException as error:  # noqa: BLE001 - whoever started it raises it
            self.error = error

    def stop(self) -> None:
        """Let it finish what is under way."""
        self._stopping.set()
        self.join()

    # --- reading

    def read_everything(self) -> None:
        """All lists and purses, now."""
        start = time.monotonic()
        gateway = self._gateway()
        block = int(gateway.ask("eth_blockNumber"), 16)
        self._look(gateway, start, block, self._ledger.all_lists())

    def _read(self) -> None:
        """Two lists of one contract, as they are."""
        start = time.monotonic()
        contract = self._chance.choice(self._ledger.contracts)
        places = self._chance.sample(self._ledger.open_lists(contract), 2)
        call = {"to": contract, "data": "0x" + call_data(places, TRASH, 0, ()).hex()}
        output = bytes.fromhex(self._gateway().ask("eth_call", call, "latest")[2:])
        self._record("read", start, _lists_in(places, output))

    def _cut(self) -> None:
        """Lists and purses of all shards at the latest block."""
        start = time.monotonic()
        gateway = self._gateway()
        self._look(gateway, start, int(gateway.ask("eth_blockNumber"), 16), self._open_lists())

    def _read_past(self) -> None:
        """The same at an older block."""
        gateway = self._gateway()
        head = int(gateway.ask("eth_blockNumber"), 16)
        block = max(0, head - self._chance.randrange(PAST_BLOCKS))
        self._look(gateway, EARLIEST, block, self._open_lists())

    def _look(
        self, gateway: JsonRpc, start: float, block: int, places: Sequence[ListPlace]
    ) -> None:
        purses, at = self._ledger.purses(), hex(block)
        balances: list[Question] = [
            ("eth_getBalance", (address, at)) for address in (*purses, *self._everybody)
        ]
        words: list[Question] = [
            ("eth_getStorageAt", (place.contract, hex(place.slot), at)) for place in places
        ]
        answers = gateway.ask_all(balances + words)
        money = [int(answer, 16) for answer in answers[: len(balances)]]
        lists = b"".join(bytes.fromhex(answer[2:]) for answer in answers[len(balances) :])
        seen = [*map(read_purse, purses, money), *_lists_in(places, lists)]
        self._record(f"cut at {block}", start, seen)
        self.cuts.append(Cut(block, sum(money)))

    # --- writing

    def _call(self) -> None:
        """Read and append on one shard, and pay on others, in one transaction."""
        self._transact(self._plan_call)

    def _pay(self) -> None:
        self._transact(self._plan_payment)

    def _create(self) -> None:
        self._transact(self._plan_creation)

    def _send_again(self) -> None:
        """A transaction from before must not take place once more."""
        if not self._used:
            return
        try:
            self._gateway().ask("eth_sendRawTransaction", self._chance.choice(self._used))
        except Refused as refusal:
            if refusal.is_passing or refusal.message.startswith(IS_USED):
                return
            raise
        raise AssertionError("a used nonce was accepted")

    def _plan_call(self) -> Plan:
        contract = self._chance.choice(self._ledger.contracts)
        reads = tuple(self._chance.sample(self._ledger.open_lists(contract), 2))
        place, value = self._ledger.next_append(contract)
        payments = [self._ledger.next_payment() for _ in range(self._chance.randrange(3))]
        fields = {
            "to": contract,
            "value": sum(payment.amount for payment in payments),
            "data": call_data(reads, place.slot, value, payments),
        }
        writes: tuple[Operation, ...] = (
            place.append(value),
            *[payment.addition for payment in payments],
        )
        return Plan(fields, writes, reads)

    def _plan_payment(self) -> Plan:
        payment = self._ledger.next_payment()
        return Plan({"to": payment.purse, "value": payment.amount}, (payment.addition,))

    def _plan_creation(self) -> Plan:
        """Of a contract, sometimes beside another one, that pays before it exists."""
        payment = self._ledger.next_payment()
        fields: dict[str, Any] = {"data": paying_at_birth(payment.purse), "value": payment.amount}
        if self._chance.random() < 0.5:
            beside = self._chance.choice(self._ledger.contracts)
            fields["accessList"] = [{"address": beside, "storageKeys": []}]
        return Plan(fields, (payment.addition,))

    def _transact(self, make_plan: Callable[[], Plan]) -> None:
        """Send, again or something else instead, until there is a receipt."""
        attempts = [self._sign(make_plan(), FEE)]
        deadline = time.monotonic() + PATIENCE_S
        while True:
            was_taken = self._try(lambda: self._submit(attempts[-1]))
            if was_taken and self._settle(attempts):
                break
            if time.monotonic() > deadline:
                raise TimeoutError(f"stuck: {attempts}")
            if was_taken and self._chance.random() < self._haste:
                attempts.append(self._sign(make_plan(), FEE << len(attempts)))
        self.next_nonce += 1

    def _sign(self, plan: Plan, fee: int) -> Attempt:
        fields = {
            "chainId": CHAIN_ID,
            "nonce": self.next_nonce,
            "gas": 400_000,
            "maxFeePerGas": fee,
            "maxPriorityFeePerGas": fee // 10,
            **plan.fields,
        }
        signed = self.account.sign_transaction(fields)
        raw = signed.raw_transaction.to_0x_hex()
        return Attempt(signed.hash.to_0x_hex(), raw, time.monotonic(), plan)

    def _submit(self, attempt: Attempt) -> None:
        try:
            self._gateway().ask("eth_sendRawTransaction", attempt.raw)
        except Refused as refusal:
            if not refusal.message.startswith(IS_KNOWN):
                raise

    def _settle(self, attempts: Sequence[Attempt]) -> bool:
        """Wait for the receipt of one of them, for a while; record what came of all."""
        deadline = time.monotonic() + RESEND_S
        while time.monotonic() < deadline:
            for attempt in attempts:
                receipt = self._receipt(attempt)
                if receipt is not None:
                    self._finish(attempts, attempt, receipt)
                    return True
            time.sleep(POLL_S)
        return False

    def _receipt(self, attempt: Attempt) -> Any:
        try:
            return self._gateway().ask("eth_getTransactionReceipt", attempt.hash)
        except (requests.RequestException, Refused) as error:
            self.setbacks.append(str(error))
            return None  # asked again soon

    def _finish(self, attempts: Sequence[Attempt], chosen: Attempt, receipt: Any) -> None:
        now = time.monotonic()
        self.receipts.append(receipt)
        self._used.extend(attempt.raw for attempt in attempts)
        for attempt in attempts:
            is_chosen = attempt is chosen
            outcome = (
                Outcome.COMMITTED if is_chosen and receipt["status"] == "0x1" else Outcome.FAILED
            )
            operations = attempt.plan.writes
            if outcome is Outcome.COMMITTED and attempt.plan.reads:
                data = bytes.fromhex(receipt["logs"][0]["data"][2:])
                operations = (*_lists_in(attempt.plan.reads, data), *operations)
            name = f"{attempt.hash[:10]} of {self.account.address[:8]} in {receipt['blockNumber']}"
            self.history.append(Transaction(name, attempt.start, now, outcome, operations))
            if not is_chosen:
                self.replaced.append(attempt.hash)

    # --- within

    def _try(self, deed: Callable[[], object]) -> bool:
        """Whether it went well; no harm if nobody was there, or a shard was away."""
        try:
            deed()
        except requests.RequestException as error:
            self.setbacks.append(str(error))
        except Refused as refusal:
            if not refusal.is_passing:
                raise
            self.setbacks.append(refusal.message)
        else:
            return True
        time.sleep(POLL_S)
        return False

    def _gateway(self) -> JsonRpc:
        return self._chance.choice(self._gateways)

    def _open_lists(self) -> list[ListPlace]:
        contracts = self._ledger.contracts
        return [place for contract in contracts for place in self._ledger.open_lists(contract)]

    def _record(self, name: str, start: float, seen: Sequence[Operation]) -> None:
        now = time.monotonic()
        whole = f"{name} by {self.account.address[:8]}"
        self.history.append(Transaction(whole, start, now, Outcome.COMMITTED, tuple(seen)))


def _lists_in(places: Sequence[ListPlace], words: bytes) -> list[Operation]:
    return [place.read(words[32 * at : 32 * at + 32]) for at, place in enumerate(places)]
