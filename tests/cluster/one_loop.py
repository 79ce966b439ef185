"""A whole cluster in one event loop: real sockets, real databases, no process but the test's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson

from cluster.admission import Admission
from cluster.config import ClusterConfig, Endpoint, GatewayConfig, SlaveConfig, save_config
from cluster.identity import Identity, load_identity
from cluster.layout import DataDirectory
from cluster.master import run_master
from cluster.router import Router
from cluster.slave import run_slave
from quarkparsec.crypto.mnemonic import TEST_MNEMONIC, derive_keys, recipient_of
from quarkparsec.errors import Unavailable
from quarkparsec.types import Recipient, ShardKey
from quarkparsec.wire.session import Role
from tests.attacks.forging import typed
from tests.cluster.free_port import free_port
from tests.cluster.test_layout import DEVNET, ORDINARY

KEYS = derive_keys(TEST_MNEMONIC, 10)
ALICE, CAROL, BOB = KEYS[0], KEYS[1], KEYS[3]
"""On shards 2, 0 and 2."""


PLACED, PLACED_KEY = Recipient(b"\x99" * 20), ShardKey(0x0BADCAFE)
"""For a contract on shard 2, whose home is shard 1."""


def contract(code: bytes, key: ShardKey = PLACED_KEY) -> dict[str, str]:
    """A contract, as a genesis file has it."""
    return {"nonce": "0x1", "code": "0x" + code.hex(), "shard_key": hex(key)}


def make_identity(
    folder: Path, alloc: Mapping[Recipient, dict[str, str]] | None = None, **chain: Any
) -> Identity:
    """A fresh data directory of the development chain, on free ports.

    `alloc` adds accounts to the genesis file, `chain` changes the rest of it.
    """
    directory = DataDirectory(folder)
    options = ORDINARY
    if alloc or chain:
        options = options._replace(genesis=_changed_genesis(folder, alloc or {}, chain))
    config, _ = directory.prepare(options)
    ports = iter([free_port() for _ in range(5)])
    slaves = [SlaveConfig(one.name, one.host, next(ports)) for one in config.slaves]
    moved = ClusterConfig(
        genesis=config.genesis,
        secret=config.secret,
        token=config.token,
        master=Endpoint("127.0.0.1", next(ports)),
        slaves=slaves,
        gateway=GatewayConfig("127.0.0.1", next(ports)),
        admin=Endpoint("127.0.0.1", next(ports)),
        gateway_in_master=False,
    )
    save_config(directory.config, moved)
    return load_identity(directory.config)


def _changed_genesis(
    folder: Path, alloc: Mapping[Recipient, dict[str, str]], chain: dict[str, Any]
) -> Path:
    genesis = orjson.loads(DEVNET.read_bytes()) | chain
    genesis["alloc"] |= {"0x" + recipient.hex(): account for recipient, account in alloc.items()}
    folder.mkdir(exist_ok=True)
    path = folder / "wanted.json"
    path.write_bytes(orjson.dumps(genesis))
    return path


@asynccontextmanager
async def running(identity: Identity) -> AsyncIterator[tuple[Router, Admission]]:
    """Master and slaves work, and a gateway's router is connected to them."""
    stop = asyncio.Event()
    processes = [asyncio.create_task(run_master(identity, stop))]
    for slave in identity.config.slaves:
        processes.append(asyncio.create_task(run_slave(identity, slave.name, stop)))
    router = Router(identity, identity.credentials(Role.GATEWAY, "gateway"))
    admission = Admission(router)
    links = asyncio.create_task(router.run())
    try:
        await until_connected(router, [slave.name for slave in identity.config.slaves])
        yield router, admission
    finally:
        await settled()
        links.cancel()
        admission.close()
        stop.set()
        await asyncio.gather(*processes, links, return_exceptions=True)
        await settled()


async def settled() -> None:
    """Wait until connections that are being made are made, and those that were cut have said so.

    A socket that asyncio accepts while its server is being closed is never closed (python/cpython#109564), which
    doesn't matter where the process ends. But slaves reach out to each other when they start, and some tests are
    over sooner.
    """
    await asyncio.sleep(0.05)


async def until_connected(router: Router, slaves: Sequence[str]) -> None:
    """Wait until a router knows the head and reaches some slaves."""
    async with asyncio.timeout(30):
        while not _is_connected(router, slaves):  # noqa: ASYNC110 - a router tells nobody
            await asyncio.sleep(0.01)


def _is_connected(router: Router, slaves: Sequence[str]) -> bool:
    try:
        router.root.head()
    except Unavailable:
        return False
    return all(map(router.slaves.is_connected, slaves))


def transfer(sender: bytes, to: bytes, nonce: int = 0) -> bytes:
    """A signed payment of one wei between two whose keys are given."""
    return typed(key=sender, to=bytes(recipient_of(to)), nonce=nonce)


def creation(sender: bytes, *names: Recipient, data: bytes = b"\x00") -> bytes:
    """A signed creation of a contract, the sender's first, whose access list names some accounts."""
    accessed = [[bytes(name), []] for name in names]
    return typed(key=sender, to=b"", data=data, gas=200_000, access_list=accessed)
