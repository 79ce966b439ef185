"""What all benchmarks do with their results: the machine is named, and a file is written if asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console

from benchmarks.engine.comparison import describe_machine

json_option = click.option(
    "--json", "json_path", type=click.Path(path_type=Path), help="Also save the results here."
)


def print_machine(console: Console) -> None:
    """One line: when, on what."""
    console.print(", ".join(describe_machine().values()), style="dim", soft_wrap=True)


def save(path: Path | None, results: dict[str, Any]) -> None:
    """Write results with their machine, if there is a path to write them to."""
    if path is not None:
        everything = {"machine": describe_machine(), **results}
        path.write_bytes(orjson.dumps(everything, option=orjson.OPT_INDENT_2) + b"\n")
