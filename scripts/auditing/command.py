"""The command line of the audit."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from auditing.opening import opened
from auditing.report import as_json, render
from cluster.options import data_dir_option
from quarkparsec.audit.auditor import Auditor, Databases
from quarkparsec.errors import Corrupt, InvalidInput, QuarkparsecError
from quarkparsec.types import Epoch

_EPOCHS = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")


@click.command(context_settings={"show_default": True, "max_content_width": 100})
@data_dir_option
@click.option(
    "--epoch", "epochs", help="Root block to check, or a range as 5-9; default: the head."
)
@click.option("--all", "everything", is_flag=True, help="Run every block again, from genesis.")
@click.option("--json", "is_json", is_flag=True, help="Print the result as JSON.")
def main(data_dir: Path, epochs: str | None, everything: bool, is_json: bool) -> None:
    """Check a cluster's books: every root, every hash, and every wei.

    Exit status 0: everything agrees; 1: something doesn't; 2: it couldn't be checked. The root chain is checked
    from genesis on; shard blocks, states and the supply at the epochs asked for. A state that is no longer
    kept is made again by running all blocks since genesis. The cluster may run meanwhile: what is checked
    is a copy.
    """
    console = Console(stderr=True)
    try:
        with opened(data_dir) as databases:
            auditor = audit(databases, epochs, everything, console)
    except QuarkparsecError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(1 if isinstance(error, Corrupt) else 2)
    if is_json:
        click.echo(orjson.dumps(as_json(auditor), option=orjson.OPT_INDENT_2))
    else:
        Console().print(render(auditor))
    sys.exit(1 if auditor.findings.count else 0)


def audit(databases: Databases, epochs: str | None, everything: bool, console: Console) -> Auditor:
    """Check what was asked for, showing on `console` how far it is."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:

        def track(stage: str, epochs: Sequence[int]) -> Iterable[int]:
            return progress.track(epochs, description=stage)

        auditor = Auditor(databases, track)
        first, last = _range(epochs, everything, auditor.head())
        auditor.check(first, last, replay=everything)
    return auditor


def _range(epochs: str | None, everything: bool, head: Epoch) -> tuple[Epoch, Epoch]:
    """The first and the last epoch to check. Raises InvalidInput."""
    if everything and epochs is None:
        return Epoch(0), head
    if epochs is None:
        return head, head
    found = _EPOCHS.fullmatch(epochs)
    if found is None:
        raise InvalidInput(f"{epochs} is neither an epoch nor a range of epochs")
    first = int(found[1])
    last = int(found[2]) if found[2] else first
    if not first <= last <= head:
        raise InvalidInput(f"the root chain goes from 0 to {head}")
    return Epoch(first), Epoch(last)
