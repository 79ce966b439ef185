"""Arguments that say which process, and where: the names of slaves, hosts and ports."""

from __future__ import annotations

import re
from typing import Final

from quarkparsec.errors import InvalidInput
from quarkparsec.jsonrpc.arguments.scalars import parse_count

PORT_MAX: Final = 65_535

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""A slave's folder is called so, too."""
_HOST: Final = re.compile(r"[A-Za-z0-9:][A-Za-z0-9:.%-]{0,252}")
"""A name of the DNS, or an address of IPv4 or IPv6."""


def parse_slave_name(value: object) -> str:
    """What a slave may be called."""
    if type(value) is not str or _NAME.fullmatch(value) is None:
        raise InvalidInput("a slave's name has letters, digits, dots, dashes and underscores")
    return value


def parse_host(value: object) -> str:
    """Where a process can be reached."""
    if type(value) is not str or _HOST.fullmatch(value) is None:
        raise InvalidInput("neither a host's name nor its address")
    return value


def parse_port(value: object) -> int:
    """A TCP port."""
    port = parse_count(value)
    if not 1 <= port <= PORT_MAX:
        raise InvalidInput(f"a port is a number from 1 to {PORT_MAX}")
    return port
