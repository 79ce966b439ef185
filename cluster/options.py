"""Options that several commands have, each with one meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from quarkparsec.limits import START_TIMEOUT_MS

data_dir_option: Final = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    default=Path("data"),
    help="The cluster's data directory.",
)

log_level_option: Final = click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    help="Level of what is logged.",
)

start_timeout_option: Final = click.option(
    "--start-timeout-s",
    type=click.FloatRange(1),
    default=START_TIMEOUT_MS / 1000,
    help="Give up a start after so long; a genesis file with a million accounts takes minutes.",
)
