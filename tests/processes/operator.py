"""Who runs a cluster: asks its admin port, and runs the scripts that do."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any, Final

import requests

from quarkparsec.crypto.json_web_token import make_token
from tests.processes.json_rpc import Refused
from tests.processes.running_cluster import ROOT, RunningCluster

TIMEOUT_S: Final = 20.0
PATIENCE_S: Final = 60.0
SCRIPT_TIMEOUT_S: Final = 120.0
SWEPT: Final = "0x64"
PASSING: Final = ("isn't connected", "one move at a time")
"""What is said of a move that may be granted in a moment."""


class Operator:
    """One with the token of the cluster's data directory."""

    def __init__(self, cluster: RunningCluster) -> None:
        self._url: Final = f"http://127.0.0.1:{cluster.admin_port}"
        self._data_dir: Final = cluster.data_dir

    def ask(self, method: str, *params: Any) -> Any:
        """One call's result. Raises Refused, or requests.RequestException while nobody is there."""
        secret = (self._data_dir / "jwt.hex").read_text().strip()
        token = make_token(bytes.fromhex(secret), int(time.time()))
        body: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.post(self._url, json=body, headers=headers, timeout=TIMEOUT_S).json()
        if "error" in answer:
            raise Refused(answer["error"]["code"], answer["error"]["message"])
        return answer["result"]

    def run_script(self, name: str, *arguments: str) -> tuple[int, str]:
        """One of scripts/, to its end; its exit status and what it said."""
        command = [sys.executable, f"scripts/{name}.py", "--data-dir", str(self._data_dir)]
        done = subprocess.run(
            [*command, *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=SCRIPT_TIMEOUT_S,
            check=False,
        )
        return done.returncode, (done.stdout + done.stderr).strip()

    # --- how many shards there are

    def shard_count(self) -> int:
        return int(self.ask("admin_status")["shardCount"], 16)

    def reshard(self, shard_count: int) -> int:
        """Double the shards; the number of the root block that did it."""
        answer = self.ask("admin_reshard", shard_count)
        assert int(answer["shardCount"], 16) == shard_count
        return int(answer["epoch"], 16)

    def wait_until_swept(self) -> Any:
        """Until nothing is left to sweep and every shard is there; the status then."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            status = self.ask("admin_status")
            available = all(shard["available"] for shard in status["shards"])
            if status["sweptPercent"] == SWEPT and available:
                return status
            assert time.monotonic() < deadline, status
            time.sleep(0.05)

    # --- who holds them

    def holders(self) -> list[str]:
        """The slave of each shard."""
        return [shard["slave"] for shard in self.ask("admin_status")["shards"]]

    def begin_move(self, shard_id: int, slave: str) -> None:
        """Have a shard move, as soon as everybody is there who has a part in it."""
        deadline = time.monotonic() + PATIENCE_S
        while not self._may_move(shard_id, slave):
            assert time.monotonic() < deadline, f"shard {shard_id} can't move to {slave}"
            time.sleep(0.1)

    def move(self, shard_id: int, slave: str) -> Any:
        """Move a shard, and wait until that is over; what became of it."""
        self.begin_move(shard_id, slave)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            last = self.ask("admin_status")["moves"][-1]
            if last["stage"] in ("done", "failed"):
                return last
            assert time.monotonic() < deadline, last
            time.sleep(0.02)

    def _may_move(self, shard_id: int, slave: str) -> bool:
        try:
            self.ask("admin_moveShard", shard_id, slave)
        except requests.RequestException:
            return False
        except Refused as refusal:
            if refusal.is_passing or any(words in refusal.message for words in PASSING):
                return False
            raise
        return True
