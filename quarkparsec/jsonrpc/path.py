"""Which network a URL shows, by its path: `/` the cluster, `/key/<hex8>` one shard key as its own network."""

from __future__ import annotations

import re
from typing import Final

from quarkparsec.errors import InvalidInput
from quarkparsec.types import ShardKey

_KEY: Final = re.compile(r"/key/([0-9a-fA-F]{8})", re.ASCII)


def parse_path(path: str) -> ShardKey | None:
    """The shard key that is shown; None for the cluster. Raises InvalidInput for any other path."""
    if path in ("", "/"):
        return None
    named = _KEY.fullmatch(path)
    if named is None:
        raise InvalidInput("not found: the paths are / and /key/ with a shard key of 8 hex digits")
    return ShardKey(int(named[1], 16))
