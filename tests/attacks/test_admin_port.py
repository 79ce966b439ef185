"""The admin port opens for a fresh token made with the secret, and for nothing else."""

from __future__ import annotations

import time

import orjson
import pytest

from quarkparsec.crypto.json_web_token import make_token
from quarkparsec.jsonrpc.rpc_error import METHOD_NOT_FOUND
from tests.attacks.bodies import request
from tests.attacks.http_client import Reply, exchange, post
from tests.attacks.target import Target

pytestmark = pytest.mark.processes

STATUS = request("admin_status", [])
NONE_HEADER = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
HS512_HEADER = "eyJhbGciOiJIUzUxMiJ9"  # {"alg":"HS512"}
HS256_HEADER = "eyJhbGciOiJIUzI1NiJ9"  # {"alg":"HS256"}


def secret(target: Target) -> bytes:
    path = target.identity.folder / target.identity.config.token
    return bytes.fromhex(path.read_text())


def administer(target: Target, body: bytes = STATUS, **headers: str) -> Reply:
    return post(target.admin_port, body, headers)


def test_a_fresh_token_opens(target: Target) -> None:
    token = make_token(secret(target), int(time.time()))
    reply = administer(target, Authorization=f"Bearer {token}")
    assert reply.json()["result"]["version"]


def test_the_admin_port_serves_no_wallet_even_with_a_token(target: Target) -> None:
    token = make_token(secret(target), int(time.time()))
    reply = administer(target, request("eth_chainId", []), Authorization=f"Bearer {token}")
    assert reply.json()["error"]["code"] == METHOD_NOT_FOUND


def test_without_a_token_nothing_is_answered(target: Target) -> None:
    assert administer(target).status == 401


@pytest.mark.parametrize("age_s", [61, 86_400, -120, -(10**9)])
def test_a_stale_or_future_token_is_refused(target: Target, age_s: int) -> None:
    token = make_token(secret(target), int(time.time()) - age_s)
    assert administer(target, Authorization=f"Bearer {token}").status == 401


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        f"{HS256_HEADER}..",
        "é" * 20,
        "eyJ4Ijpb" + "W1tb" * 1_500 + ".AA.AA",
    ],
    ids=["empty", "a dot", "dots", "letters", "no payload", "not ASCII", "depth"],
)
def test_a_malformed_token_is_refused(target: Target, token: str) -> None:
    assert administer(target, Authorization=f"Bearer {token}").status == 401


def test_a_token_with_a_byte_beyond_ascii_in_its_payload_is_refused(target: Target) -> None:
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(STATUS)}\r\n"
    head += "Content-Type: application/json\r\n"
    token = f"Authorization: Bearer {HS256_HEADER}.".encode() + b"\xe9.AA\r\n"
    answer = exchange(target.admin_port, head.encode() + token + b"\r\n" + STATUS)
    assert answer.startswith((b"HTTP/1.1 401 ", b"HTTP/1.1 400 "))


@pytest.mark.parametrize("header", [NONE_HEADER, HS512_HEADER])
def test_another_algorithm_is_refused_whatever_the_signature(target: Target, header: str) -> None:
    _, payload, signature = make_token(secret(target), int(time.time())).split(".")
    for forged in ("", signature):
        token = f"{header}.{payload}.{forged}"
        assert administer(target, Authorization=f"Bearer {token}").status == 401


def test_a_token_made_with_another_secret_is_refused(target: Target) -> None:
    token = make_token(b"x" * 32, int(time.time()))
    assert administer(target, Authorization=f"Bearer {token}").status == 401


def test_another_scheme_is_refused(target: Target) -> None:
    token = make_token(secret(target), int(time.time()))
    for credentials in (f"bearer  {token}", f"Basic {token}", token):
        assert administer(target, Authorization=credentials).status == 401


def test_a_rebound_name_is_refused_before_the_token_is_looked_at(target: Target) -> None:
    token = make_token(secret(target), int(time.time()))
    reply = administer(target, Host="evil.example", Authorization=f"Bearer {token}")
    assert reply.status == 403


def test_the_public_port_takes_no_token(target: Target) -> None:
    token = make_token(secret(target), int(time.time()))
    reply = target.post(STATUS, Authorization=f"Bearer {token}")
    assert orjson.loads(reply.body)["error"]["code"] == METHOD_NOT_FOUND


def test_no_secret_is_readable_by_others(target: Target) -> None:
    folder, config = target.identity.folder, target.identity.config
    for name in (config.secret, config.token):
        assert (folder / name).stat().st_mode & 0o077 == 0
