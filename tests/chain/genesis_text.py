"""The text of a small genesis file, to change and break."""

from __future__ import annotations

import json
from typing import Any

USER = "0x" + "11" * 20
CONTRACT = "0x" + "22" * 20
PLACED = "0x" + "33" * 20
UNIVERSAL = "0x" + "44" * 20


def fields(**changes: Any) -> dict[str, Any]:
    """What a genesis file says, with `changes`."""
    whole: dict[str, Any] = {
        "chain_id": 20803,
        "fork": "prague",
        "shard_count": 4,
        "timestamp": "0x6955b900",
        "gas_limit": "0x1c9c380",
        "base_fee": "0x3b9aca00",
        "coinbase": "0x" + "c0" * 20,
        "min_epoch_ms": 50,
        "heartbeat_ms": 0,
        "history": 128,
        "archive": False,
        "contract_key": "home",
        "shuffle": "none",
        "extra_data": "0x",
        "alloc": {
            USER: {"balance": "0x64"},
            CONTRACT: {"nonce": "0x1", "code": "0x00", "storage": {"0x1": "0x2"}},
            PLACED: {"balance": "0x1", "shard_key": "0x6"},
        },
        "universal": {UNIVERSAL: {"name": "everywhere", "code": "0x5b"}},
    }
    return whole | changes


def text(**changes: Any) -> bytes:
    """A genesis file, with `changes`."""
    return json.dumps(fields(**changes)).encode()
