"""Who asks a cluster's admin port for more shards."""

from __future__ import annotations

import time
from typing import Any, Final

import requests

from quarkparsec.crypto.json_web_token import make_token
from tests.processes.json_rpc import Refused
from tests.processes.running_cluster import RunningCluster

TIMEOUT_S: Final = 20.0
PATIENCE_S: Final = 60.0
SWEPT: Final = "0x64"


class Operator:
    """One with the token of the cluster's data directory."""

    def __init__(self, cluster: RunningCluster) -> None:
        self._url: Final = f"http://127.0.0.1:{cluster.admin_port}"
        self._token: Final = cluster.data_dir / "jwt.hex"

    def ask(self, method: str, *params: Any) -> Any:
        """One call's result. Raises Refused, or requests.RequestException while nobody is there."""
        token = make_token(bytes.fromhex(self._token.read_text().strip()), int(time.time()))
        body: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.post(self._url, json=body, headers=headers, timeout=TIMEOUT_S).json()
        if "error" in answer:
            raise Refused(answer["error"]["code"], answer["error"]["message"])
        return answer["result"]

    def reshard(self, shard_count: int) -> int:
        """Double the shards; the number of the root block that did it."""
        answer = self.ask("admin_reshard", shard_count)
        assert int(answer["shardCount"], 16) == shard_count
        return int(answer["epoch"], 16)

    def shard_count(self) -> int:
        return int(self.ask("admin_status")["shardCount"], 16)

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
