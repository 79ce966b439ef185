"""Clients that send transfers without end and remember what was acknowledged: a receipt came back."""

from __future__ import annotations

import threading
import time
from typing import Any, Final, NamedTuple

import requests
from eth_account import Account
from eth_account.signers.local import LocalAccount

from quarkparsec.crypto.mnemonic import TEST_MNEMONIC, derive_keys

RECEIPT_TIMEOUT_S: Final = 3.0
POLL_S: Final = 0.02


class Acknowledged(NamedTuple):
    """A transaction whose receipt was seen, and what the receipt said."""

    hash: str
    block_hash: str
    status: str
    sender: str
    nonce: int


class Client(threading.Thread):
    """Pays itself one wei, again and again."""

    def __init__(self, url: str, key: bytes, chain_id: int) -> None:
        super().__init__(daemon=True)
        self.acknowledged: Final[list[Acknowledged]] = []
        self._url: Final = url
        self._account: Final[LocalAccount] = Account.from_key(key)
        self._chain_id: Final = chain_id
        self._session: Final = requests.Session()
        self._stopping: Final = threading.Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._send_one()
            except (requests.RequestException, RuntimeError):
                time.sleep(POLL_S)  # the cluster is down, or has forgotten the pool

    def stop(self) -> None:
        self._stopping.set()
        self.join()

    def _send_one(self) -> None:
        sender = self._account.address
        nonce = int(self._rpc("eth_getTransactionCount", sender, "pending"), 16)
        signed = self._account.sign_transaction(
            {
                "to": sender,
                "value": 1,
                "gas": 21_000,
                "nonce": nonce,
                "chainId": self._chain_id,
                "maxFeePerGas": 10**12,
                "maxPriorityFeePerGas": 10**9,
            }
        )
        transaction_hash = self._rpc("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex())
        deadline = time.monotonic() + RECEIPT_TIMEOUT_S
        while time.monotonic() < deadline and not self._stopping.is_set():
            receipt = self._rpc("eth_getTransactionReceipt", transaction_hash)
            if receipt is not None:
                seen = (transaction_hash, receipt["blockHash"], receipt["status"])
                self.acknowledged.append(Acknowledged(*seen, sender, nonce))
                return
            time.sleep(POLL_S)

    def _rpc(self, method: str, *params: Any) -> Any:
        body: Any = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self._session.post(self._url, json=body, timeout=5).json()
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return answer["result"]


def start_clients(url: str, chain_id: int) -> list[Client]:
    """One client for each funded account of the test mnemonic."""
    clients = [Client(url, key, chain_id) for key in derive_keys(TEST_MNEMONIC, 10)]
    for client in clients:
        client.start()
    return clients
