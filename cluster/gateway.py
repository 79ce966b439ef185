"""A gateway: the JSON-RPC endpoint of a cluster.

It holds nothing that can't be asked for again, so there may be many, in processes of their own; the
master's process runs one by default.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from cluster.admission import Admission
from cluster.cluster_node import ClusterNode
from cluster.http_server import HttpServer
from cluster.identity import Identity
from cluster.router import Router
from quarkparsec.jsonrpc.methods.table import METHODS
from quarkparsec.jsonrpc.policy import Door
from quarkparsec.jsonrpc.service import Service
from quarkparsec.wire.session import Role

log = logging.getLogger("gateway")


async def run_gateway(
    identity: Identity, stop: asyncio.Event, host: str | None = None, port: int | None = None
) -> None:
    """Serve JSON-RPC until `stop`, where the configuration says unless told otherwise."""
    config = identity.config.gateway
    host, port = host or config.host, port or config.port
    router = Router(identity, identity.credentials(Role.GATEWAY, f"gateway-{port}"))
    admission = Admission(router)
    node = ClusterNode(identity, router, admission, _version())
    service = Service(node, METHODS, together=_together, report_fault=_report_fault)
    links = asyncio.create_task(router.run())
    server = HttpServer(service.answer, Door(frozenset(config.hosts), frozenset(config.origins)))
    try:
        await server.start(host, port)
        log.info("JSON-RPC on http://%s:%d", host, port)
        await stop.wait()
    finally:
        await server.stop()
        links.cancel()
        admission.close()


async def _together(work: Sequence[Coroutine[Any, Any, list[bytes]]]) -> Sequence[list[bytes]]:
    return await asyncio.gather(*work)


def _report_fault(method: str, fault: Exception) -> None:
    log.error("%s failed", method, exc_info=fault)


def _version() -> str:
    try:
        return version("quarkparsec")
    except PackageNotFoundError:  # run from a checkout
        return "0.1.0"
