"""A cluster's admin port, found and unlocked by what its data directory holds."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson

from cluster.admin import load_token_secret
from cluster.config import CONFIG_FILE, load_config
from quarkparsec.crypto.json_web_token import make_token
from quarkparsec.errors import Rejected, Unavailable
from quarkparsec.jsonrpc.rpc_error import UNAVAILABLE


class AdminPort:
    """Calls the methods of one admin port, with a fresh token each time."""

    def __init__(self, session: aiohttp.ClientSession, url: str, secret: bytes) -> None:
        self._session: Final = session
        self._url: Final = url
        self._secret: Final = secret

    async def call(self, method: str, *params: Any) -> Any:
        """The result of a call. Raises Rejected in the cluster's words, Unavailable while nobody is there."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        token = make_token(self._secret, int(time.time()))
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        try:
            async with self._session.post(
                self._url, data=orjson.dumps(body), headers=headers
            ) as response:
                answer = orjson.loads(await response.read())
        except (aiohttp.ClientError, TimeoutError, orjson.JSONDecodeError) as fault:
            raise Unavailable(f"{self._url}: {fault or type(fault).__name__}") from fault
        error = answer.get("error")
        if error is not None:
            kind = Unavailable if error["code"] == UNAVAILABLE else Rejected
            raise kind(error["message"])
        return answer["result"]


@asynccontextmanager
async def opened(data_dir: Path) -> AsyncIterator[AdminPort]:
    """The admin port of the cluster with that data directory. Raises InvalidInput."""
    config = load_config(data_dir / CONFIG_FILE)
    secret = load_token_secret(data_dir / config.token)
    async with aiohttp.ClientSession() as session:
        yield AdminPort(session, f"http://{config.admin.host}:{config.admin.port}", secret)
