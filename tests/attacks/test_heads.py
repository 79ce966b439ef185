"""The head of an HTTP request: web pages, other encodings, and tricks with the protocol stay outside."""

from __future__ import annotations

import gzip
import random
import re

import pytest

from tests.attacks.bodies import VALID
from tests.attacks.http_client import JSON, exchange, post
from tests.attacks.target import Target

pytestmark = pytest.mark.processes

HEAD = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(VALID)


def is_refused(answer: bytes) -> bool:
    """Whether nothing came back but an error of the client's, if anything."""
    return not answer or re.match(rb"HTTP/\d\.\d 4\d\d ", answer) is not None


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8545", 200),
        ("127.0.0.1", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8545", 200),
        ("", 200),
        ("evil.example", 403),
        ("evil.example:8545", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("evil.example@localhost", 403),
        ("localhost,evil.example", 403),
        ("0x7f000001", 403),
        ("2130706433", 403),
        ("[evil.example]", 403),
        ("localhost\\evil.example", 403),
    ],
)
def test_a_page_under_a_rebound_name_is_refused(target: Target, host: str, status: int) -> None:
    assert target.post(VALID, Host=host).status == status


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://localhost", "file://", "*", "http://127.0.0.1"],
)
def test_no_page_may_read_an_answer_or_ask_first(target: Target, origin: str) -> None:
    asked = target.post(VALID, Origin=origin)
    wish = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    preflight = post(target.port, b"", wish, method="OPTIONS")
    for reply in (asked, preflight):
        granted = {name.lower() for name in reply.headers}
        assert not any(name.startswith("access-control-") for name in granted)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/plain;application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=application/json",
        "application/json-patch+json",
        "",
    ],
)
def test_what_a_page_can_send_without_asking_is_refused(target: Target, content_type: str) -> None:
    assert target.post(VALID, **{"Content-Type": content_type}).status == 415


@pytest.mark.parametrize("content_type", [JSON, "APPLICATION/JSON; charset=utf-8"])
def test_json_is_taken_however_it_is_spelt(target: Target, content_type: str) -> None:
    assert target.post(VALID, **{"Content-Type": content_type}).json()["result"] == "0x5143"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity, gzip", "GZIP"])
def test_a_compressed_body_is_refused_unopened(target: Target, encoding: str) -> None:
    bomb = gzip.compress(bytes(50_000_000), compresslevel=1)
    before = target.resident_bytes()["master"]
    assert target.post(bomb, **{"Content-Encoding": encoding}).status == 415
    assert target.resident_bytes()["master"] - before < 8 * 2**20


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "PATCH", "TRACE", "BREW"])
def test_only_post_asks(target: Target, method: str) -> None:
    assert post(target.port, b"", {}, method=method).status in (400, 405)


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n" + VALID,
        HEAD + LENGTH + LENGTH.replace(b"9", b"8") + b"\r\n" + VALID,
        HEAD + b"Content-Length: +10\r\n\r\n" + VALID,
        HEAD + b"Content-Length: -1\r\n\r\n" + VALID,
        HEAD + b"Content-Length: 1_0\r\n\r\n" + VALID,
        HEAD + b"Transfer-Encoding: xchunked\r\n\r\n" + VALID,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + VALID,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + VALID,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n" + VALID,
        HEAD + b"X: a\x00b\r\n" + LENGTH + b"\r\n" + VALID,
        HEAD + b"X : 1\r\n" + LENGTH + b"\r\n" + VALID,
        HEAD + b"X: " + b"a" * 100_000 + b"\r\n" + LENGTH + b"\r\n" + VALID,
        HEAD + b"X: 1\r\n" * 10_000 + LENGTH + b"\r\n" + VALID,
        b"POST /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"POST /\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"\r\n" * 10_000,
    ],
    ids=[
        "two framings",
        "two lengths",
        "a signed length",
        "a negative length",
        "a length with an underscore",
        "an unknown coding",
        "a chunk without a size",
        "a negative chunk",
        "an endless chunk",
        "a NUL in a header",
        "a space before the colon",
        "an endless header",
        "endless headers",
        "an endless path",
        "a tunnel",
        "a future version",
        "no version",
        "HTTP/2",
        "TLS",
        "empty lines",
    ],
)
def test_a_request_that_two_readers_could_read_differently_gets_no_result(
    target: Target, sent: bytes
) -> None:
    answer = exchange(target.port, sent)
    assert b'"result"' not in answer
    assert is_refused(answer)


def test_a_websocket_is_not_opened(target: Target) -> None:
    upgrade = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    upgrade += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    sent = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + upgrade + b"\r\n"
    assert exchange(target.port, sent).startswith((b"HTTP/1.1 405 ", b"HTTP/1.1 400 "))


def test_pipelined_requests_are_answered_each_once_in_order(target: Target) -> None:
    body = VALID.replace(b'"id":1', b'"id":%d')
    requests = [HEAD + LENGTH + b"\r\n" + body % number for number in range(1, 10)]
    answer = exchange(target.port, b"".join(requests))
    ids = [int(part.split(b",")[0]) for part in answer.split(b'"id":')[1:]]
    assert ids == list(range(1, 10))


def test_random_bytes_are_answered_with_an_error_or_not_at_all(target: Target) -> None:
    chance = random.Random(7)
    for _ in range(200):
        answer = exchange(target.port, chance.randbytes(chance.randrange(1, 2_000)) + b"\r\n\r\n")
        assert is_refused(answer)


def test_a_refusal_tells_nothing_about_the_machine(target: Target) -> None:
    sent = HEAD + b"Content-Length: x\r\n\r\n"
    answer = exchange(target.port, sent) + target.post(VALID, Host="evil.example").body
    for word in (b"Traceback", b"/work", b"/usr", b"site-packages", b'File "'):
        assert word not in answer
