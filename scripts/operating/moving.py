"""Moves that an operator wants, done one after the other, with what is known of each while it is under way."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from operating.admin_port import AdminPort
from quarkparsec.errors import Rejected
from quarkparsec.root.topology import Move
from quarkparsec.wire.moves import Stage

POLL_S: Final = 0.1
OVER: Final = (Stage.DONE.value, Stage.FAILED.value)


async def do_moves(port: AdminPort, moves: tuple[Move, ...], console: Console) -> None:
    """Do them in their order. Raises Rejected at the first that is refused or fails."""
    with _progress(console) as progress:
        for move in moves:
            begun = await port.call("admin_moveShard", move.shard_id, move.slave)
            await _watch(port, begun["moves"][-1], progress)


async def drain(port: AdminPort, name: str, console: Console) -> None:
    """Let a slave go. Raises Rejected if it stays."""
    await port.call("admin_removeSlave", name)
    with _progress(console) as progress:
        while True:
            status = await port.call("admin_status")
            if status["leaving"]["stage"] == "failed":
                raise Rejected(f"{name} stays: {status['leaving']['error']}")
            if status["leaving"]["stage"] == "gone":
                return
            under_way = [move for move in status["moves"] if move["stage"] not in OVER]
            if under_way:
                await _watch(port, under_way[-1], progress)
            await asyncio.sleep(POLL_S)


async def _watch(port: AdminPort, move: Any, progress: Progress) -> None:
    """Show a move until it is over. Raises Rejected if it fails."""
    shard_id = int(move["shardId"], 16)
    name = f"shard {shard_id} to {move['to']}"
    task = progress.add_task(name, total=None)
    while move["stage"] not in OVER:
        total = int(move["totalBytes"], 16) or None
        progress.update(
            task,
            description=f"{name}: {move['stage']}",
            completed=int(move["bytes"], 16),
            total=total,
        )
        await asyncio.sleep(POLL_S)
        move = await _latest(port, move)
    size = int(move["totalBytes"], 16)
    progress.update(task, description=f"{name}: {move['stage']}", completed=size, total=size)
    if move["stage"] == Stage.FAILED.value:
        raise Rejected(f"{name}: {move['error']}")


async def _latest(port: AdminPort, move: Any) -> Any:
    """What is known of a move now."""
    status = await port.call("admin_status")
    same = [
        each
        for each in status["moves"]
        if (each["shardId"], each["to"]) == (move["shardId"], move["to"])
    ]
    if not same:
        raise Rejected("the master was started again, and knows nothing of the move")
    return same[-1]


def _progress(console: Console) -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn()
    return Progress(*columns, console=console)
