"""Shards on their way between slaves, as operators see them."""

from __future__ import annotations

from typing import Any

from quarkparsec.codec.quantities import quantity
from quarkparsec.wire.operations import DrainView, Moves, MoveView


def moves_view(moves: Moves) -> dict[str, Any]:
    """The last moves, the latest last, and the last slave that was to leave."""
    return {
        "moves": [_move_view(move) for move in moves.moves],
        "leaving": None if moves.drain is None else _drain_view(moves.drain),
    }


def _move_view(move: MoveView) -> dict[str, Any]:
    view = {
        "shardId": quantity(move.shard_id),
        "from": move.source,
        "to": move.target,
        "stage": move.stage.value,
        "rows": quantity(move.rows),
        "bytes": quantity(move.size_bytes),
        "totalBytes": quantity(move.total_bytes),
        "milliseconds": quantity(move.changed_ms - move.began_ms),
    }
    return view | ({"error": move.words} if move.words else {})


def _drain_view(drain: DrainView) -> dict[str, Any]:
    stage = "failed" if drain.words else "gone" if drain.is_over else "moving its shards"
    view = {"slave": drain.name, "stage": stage}
    return view | ({"error": drain.words} if drain.words else {})
