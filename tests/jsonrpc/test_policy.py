"""Who may come through the HTTP door."""

from __future__ import annotations

import pytest

from quarkparsec.jsonrpc.policy import (
    ANY,
    Door,
    Head,
    cors_headers,
    is_host_allowed,
    preflight_headers,
    refuse,
)
from quarkparsec.limits import RPC_BODY_BYTES_MAX

DOOR = Door()
HEAD = Head("POST", "127.0.0.1:8545", "application/json", None, 100)
PAGE = "https://wallet.example"


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        (None, True),
        ("", True),
        ("localhost", True),
        ("LocalHost:8545", True),
        ("127.0.0.1", True),
        ("127.0.0.1:8545", True),
        ("10.1.2.3:80", True),
        ("[::1]:8545", True),
        ("[::1]", True),
        ("::1", True),
        ("evil.example", False),
        ("evil.example:8545", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost:8545@evil.example", False),
        ("[evil.example]:80", False),
        ("127.0.0.1 evil.example", False),
    ],
)
def test_a_host_is_an_address_or_a_listed_name(host: str | None, allowed: bool) -> None:
    assert is_host_allowed(host, DOOR.hosts) is allowed


def test_names_can_be_listed_one_by_one_or_all_at_once() -> None:
    assert is_host_allowed("node.example:80", frozenset({"node.example"}))
    assert is_host_allowed("anything.example", frozenset({ANY}))


def test_a_request_with_a_foreign_host_is_refused_before_anything_else() -> None:
    refusal = refuse(HEAD._replace(method="GET", host="evil.example"), DOOR)
    assert refusal is not None
    assert refusal.status == 403


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", None),
        ("application/json; charset=utf-8", None),
        ("Application/JSON", None),
        ("application/json-rpc", None),
        ("application/jsonrequest", None),
        ("text/plain", 415),
        ("text/plain; application/json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("", 415),
        (None, 415),
    ],
)
def test_only_json_is_read(content_type: str | None, status: int | None) -> None:
    refusal = refuse(HEAD._replace(content_type=content_type), DOOR)
    assert (refusal and refusal.status) == status


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"method": "GET"}, 405),
        ({"method": "PUT"}, 405),
        ({"method": "OPTIONS", "content_type": None}, None),
        ({"content_encoding": "gzip"}, 415),
        ({"content_encoding": "identity"}, None),
        ({"content_length": RPC_BODY_BYTES_MAX}, None),
        ({"content_length": RPC_BODY_BYTES_MAX + 1}, 413),
        ({"content_length": None}, None),
    ],
)
def test_other_heads_are_judged_by_method_encoding_and_length(
    change: dict[str, object], status: int | None
) -> None:
    refusal = refuse(HEAD._replace(**change), DOOR)  # type: ignore[arg-type]
    assert (refusal and refusal.status) == status


def test_no_page_may_read_unless_it_is_listed() -> None:
    assert cors_headers(PAGE, DOOR) == {}
    assert preflight_headers(PAGE, DOOR) == {}
    assert cors_headers("null", DOOR) == {}


def test_a_listed_page_may_ask_and_read_but_never_with_credentials() -> None:
    door = Door(origins=frozenset({PAGE}))
    headers = preflight_headers(PAGE, door)
    assert headers["Access-Control-Allow-Origin"] == PAGE
    assert headers["Access-Control-Allow-Methods"] == "POST"
    assert headers["Access-Control-Allow-Headers"] == "Content-Type"
    assert "Access-Control-Allow-Credentials" not in headers
    assert cors_headers("https://evil.example", door) == {}
    assert cors_headers(None, door) == {}


def test_every_page_may_read_if_the_operator_says_so() -> None:
    assert (
        cors_headers(PAGE, Door(origins=frozenset({ANY})))["Access-Control-Allow-Origin"] == PAGE
    )
