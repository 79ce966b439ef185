"""admin_*: what an operator asks, on the admin port only."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from quarkparsec.jsonrpc.method import Cost, Method
from quarkparsec.jsonrpc.node import Node
from quarkparsec.jsonrpc.views.cluster import cluster_view


async def status(node: Node) -> dict[str, Any]:
    """The cluster as this gateway sees it, and what runs here."""
    view = cluster_view(node.chain_id, node.head(), node.cluster_view())
    return {"version": node.client_version, **view}


ADMIN_METHODS: Final[Mapping[str, Method]] = MappingProxyType(
    {"admin_status": Method("admin_status", status, (), Cost.MEMORY)}
)
