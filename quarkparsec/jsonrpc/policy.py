"""Who may come through the HTTP door, decided on the head of a request alone.

The danger is the operator's own browser: any page it shows can send requests to 127.0.0.1. Three rules of
geth (node/rpcstack.go, rpc/http.go) keep pages out:

- *Host* must be an IP address, or a name on the list (by default only "localhost"). A page whose own name
  was re-bound to 127.0.0.1 still sends its name.
- *Content-Type* must be JSON. A page can send other types to anybody without asking; for JSON its browser
  asks first, by a preflight.
- *Origin*: only pages on the list (by default none) get the headers that let them ask and read. An
  unlisted origin isn't refused by itself: wallets in browsers send one, too, and don't need the headers.

Requests are never decompressed, and bodies have a bound before they're read.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final, NamedTuple

from quarkparsec.limits import RPC_BODY_BYTES_MAX

ANY: Final = "*"
"""On a list: everybody."""

_JSON_TYPES: Final = frozenset(
    {"application/json", "application/json-rpc", "application/jsonrequest"}
)
_PREFLIGHT_SECONDS: Final = "600"
"""How long a browser may remember that it was allowed to ask."""


class Door(NamedTuple):
    """What the operator allows, in lower case."""

    hosts: frozenset[str] = frozenset({"localhost"})
    """Names that Host may carry."""
    origins: frozenset[str] = frozenset()
    """Origins of pages that may ask and read."""


class Head(NamedTuple):
    """What the head of an HTTP request says; None for a header that isn't there."""

    method: str
    host: str | None
    content_type: str | None
    content_encoding: str | None
    content_length: int | None


class Refusal(NamedTuple):
    """An HTTP status and the words that go with it."""

    status: int
    words: str


def refuse(head: Head, door: Door) -> Refusal | None:
    """Why a request isn't even read; None if its body may be. For POST only, a body is expected."""
    if not is_host_allowed(head.host, door.hosts):
        return Refusal(403, "invalid host specified")
    if head.method == "OPTIONS":
        return None
    if head.method != "POST":
        return Refusal(405, "method not allowed")
    if head.content_encoding not in (None, "", "identity"):
        return Refusal(415, "compressed requests are not accepted")
    if not _is_json(head.content_type):
        return Refusal(415, "invalid content type, only application/json is supported")
    if head.content_length is not None and head.content_length > RPC_BODY_BYTES_MAX:
        return Refusal(
            413, f"content length too large ({head.content_length}>{RPC_BODY_BYTES_MAX})"
        )
    return None


def is_host_allowed(host: str | None, hosts: frozenset[str]) -> bool:
    """Whether a Host header is absent, an IP address or a listed name, whatever its port."""
    if not host:
        return True
    name = _without_port(host).lower()
    return ANY in hosts or name in hosts or _is_ip(name)


def is_origin_allowed(origin: str, origins: frozenset[str]) -> bool:
    """Whether pages of an origin may ask and read."""
    return ANY in origins or origin.lower() in origins


def cors_headers(origin: str | None, door: Door) -> dict[str, str]:
    """Headers of an answer that let the asking page read it; none for others. Never credentials."""
    if origin is None or not is_origin_allowed(origin, door.origins):
        return {}
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


def preflight_headers(origin: str | None, door: Door) -> dict[str, str]:
    """Headers of the answer to OPTIONS: what a listed page may send."""
    headers = cors_headers(origin, door)
    if not headers:
        return {}
    return headers | {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
    }


def _is_json(content_type: str | None) -> bool:
    return (content_type or "").split(";", 1)[0].strip().lower() in _JSON_TYPES


def _without_port(host: str) -> str:
    """The name or address in `name`, `name:port`, `[v6]` or `[v6]:port`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() and ":" not in name else host


def _is_ip(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
