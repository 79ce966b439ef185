"""A gateway: the JSON-RPC endpoint of a cluster.

It holds nothing that can't be asked for again, so there may be many, in processes of their own; the
master's process runs one by default.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from cluster.admin import TokenGuard
from cluster.admission import Admission
from cluster.cluster_node import ClusterNode
from cluster.http_server import Answer, HttpServer
from cluster.identity import Identity
from cluster.router import Router
from quarkparsec.jsonrpc.key_node import KeyNode
from quarkparsec.jsonrpc.method import Method
from quarkparsec.jsonrpc.methods.admin import ADMIN_METHODS
from quarkparsec.jsonrpc.methods.table import METHODS
from quarkparsec.jsonrpc.node import Node
from quarkparsec.jsonrpc.policy import Door
from quarkparsec.jsonrpc.service import Service
from quarkparsec.types import ShardKey
from quarkparsec.wire.session import Role

log = logging.getLogger("gateway")


@asynccontextmanager
async def open_node(identity: Identity, name: str) -> AsyncIterator[ClusterNode]:
    """The cluster behind JSON-RPC, connected to the master and every slave while the context lasts."""
    router = Router(identity, identity.credentials(Role.GATEWAY, name))
    admission = Admission(router)
    links = asyncio.create_task(router.run())
    try:
        yield ClusterNode(identity, router, admission, _version())
    finally:
        links.cancel()
        admission.close()


def public_server(identity: Identity, node: ClusterNode) -> HttpServer:
    """What wallets and tools talk to."""
    config = identity.config.gateway
    door = Door(frozenset(config.hosts), frozenset(config.origins))

    def at_key(key: ShardKey) -> Answer:
        return _service(KeyNode(node, key), METHODS).answer

    return HttpServer(_service(node, METHODS).answer, door, at_key=at_key)


def admin_server(identity: Identity, node: ClusterNode) -> HttpServer:
    """What operators talk to, with a token."""
    guard = TokenGuard(identity.folder / identity.config.token)
    return HttpServer(_service(node, ADMIN_METHODS).answer, Door(), guard)


async def run_gateway(
    identity: Identity, stop: asyncio.Event, host: str | None = None, port: int | None = None
) -> None:
    """Serve JSON-RPC until `stop`, where the configuration says unless told otherwise."""
    config = identity.config.gateway
    host, port = host or config.host, port or config.port
    async with open_node(identity, f"gateway-{port}") as node:
        server = public_server(identity, node)
        try:
            await server.start(host, port)
            log.info("JSON-RPC on http://%s:%d", host, port)
            await stop.wait()
        finally:
            await server.stop()


def _service(node: Node, methods: Mapping[str, Method]) -> Service:
    return Service(node, methods, together=_together, report_fault=_report_fault)


async def _together(work: Sequence[Coroutine[Any, Any, list[bytes]]]) -> Sequence[list[bytes]]:
    return await asyncio.gather(*work)


def _report_fault(method: str, fault: Exception) -> None:
    log.error("%s failed", method, exc_info=fault)


def _version() -> str:
    try:
        return version("quarkparsec")
    except PackageNotFoundError:  # run from a checkout
        return "0.1.0"
