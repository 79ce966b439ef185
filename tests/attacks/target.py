"""The cluster under attack: its ports, its health, and an honest client beside the attackers."""

from __future__ import annotations

import itertools
import os
import time
from typing import Any, Final

import orjson
from eth_account import Account
from eth_account.signers.local import LocalAccount

from cluster.identity import Identity, load_identity
from quarkparsec.crypto.mnemonic import TEST_MNEMONIC, derive_keys
from tests.attacks.http_client import Reply, post
from tests.processes.running_cluster import RunningCluster

HONEST: Final[LocalAccount] = Account.from_key(derive_keys(TEST_MNEMONIC, 10)[9])

GAS_PRICE: Final = 10**12
RECEIPT_TIMEOUT_S: Final = 20.0
FAULT_SIGNS: Final = ("Traceback", "CRITICAL", " ERROR ")
"""What a log holds only if something went wrong that nobody had thought of."""


class Target:
    """A running cluster as an attacker and as its operator sees it."""

    def __init__(self, cluster: RunningCluster) -> None:
        self.port: Final = cluster.port
        self.admin_port: Final = cluster.admin_port
        self.identity: Final[Identity] = load_identity(cluster.data_dir / "cluster.json")
        self._cluster: Final = cluster
        self._read: Final[dict[str, int]] = {}
        self._ids: Final = itertools.count(1)

    # --- its ports

    @property
    def bus_ports(self) -> dict[str, int]:
        """The port of each process that the others speak to."""
        config = self.identity.config
        return {"master": config.master.port} | {slave.name: slave.port for slave in config.slaves}

    def post(self, body: bytes, **headers: str) -> Reply:
        """A body as JSON to the public port."""
        return post(self.port, body, headers)

    def ask(self, method: str, *params: Any) -> dict[str, Any]:
        """A well-formed request; the whole answer."""
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        answer: dict[str, Any] = self.post(orjson.dumps(request)).json()
        return answer

    def refusal(self, method: str, *params: Any) -> tuple[int, str]:
        """Code and words of the error that a request must end with."""
        error = self.ask(method, *params)["error"]
        return error["code"], error["message"]

    # --- its health

    def pids(self) -> dict[str, int]:
        """Which process is which."""
        return {name: self._cluster.pid(name) for name in self._cluster.names()}

    def resident_bytes(self) -> dict[str, int]:
        """The memory that each process holds."""
        return {name: _resident_bytes(pid) for name, pid in self.pids().items()}

    def new_faults(self) -> list[str]:
        """Lines of the logs, since the last time, that no input from outside may cause."""
        faults = []
        for path in sorted((self._cluster.data_dir / "logs").glob("*.log")):
            text = path.read_text()
            fresh = text[self._read.get(path.name, 0) :]
            self._read[path.name] = len(text)
            faults += [
                f"{path.name}: {line}"
                for line in fresh.splitlines()
                if any(sign in line for sign in FAULT_SIGNS)
            ]
        return faults

    # --- an honest client

    def transfer(self) -> None:
        """Pay one wei to oneself and wait for the receipt; fail without."""
        nonce = int(self.ask("eth_getTransactionCount", HONEST.address, "pending")["result"], 16)
        fees = {"maxFeePerGas": GAS_PRICE, "maxPriorityFeePerGas": 10**9}
        fields = {"to": HONEST.address, "value": 1, "gas": 21_000, "nonce": nonce, **fees}
        raw = HONEST.sign_transaction({**fields, "chainId": 20803}).raw_transaction
        transaction_hash = self.ask("eth_sendRawTransaction", raw.to_0x_hex())["result"]
        deadline = time.monotonic() + RECEIPT_TIMEOUT_S
        while (
            receipt := self.ask("eth_getTransactionReceipt", transaction_hash)["result"]
        ) is None:
            assert time.monotonic() < deadline, "an honest client waits for its receipt in vain"
            time.sleep(0.02)
        assert receipt["status"] == "0x1"


def _resident_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
