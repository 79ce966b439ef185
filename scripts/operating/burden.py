"""What the slaves of a running cluster carry."""

from __future__ import annotations

from typing import NamedTuple

from operating.admin_port import AdminPort
from quarkparsec.errors import Rejected
from quarkparsec.root.topology import SlavePlace, Topology


class Burden(NamedTuple):
    topology: Topology
    """Who is where."""
    transactions: list[int]
    """What each shard did lately."""
    sizes_bytes: list[int]


async def look(port: AdminPort) -> Burden:
    """Ask who carries what. Raises Rejected while a slave can't be reached: nothing can move there."""
    status, loads = await port.call("admin_status"), await port.call("admin_getLoad")
    away = [slave["name"] for slave in status["slaves"] if not slave["connected"]]
    if away:
        raise Rejected(f"{', '.join(away)} can't be reached; shards move between slaves that can")
    slaves = tuple(SlavePlace(slave["name"], "", 0) for slave in status["slaves"])
    holders = tuple(shard["slave"] for shard in status["shards"])
    return Burden(
        Topology(1, slaves, holders),
        [int(load["transactions"], 16) for load in loads],
        [int(load["bytes"], 16) for load in loads],
    )
