"""The guard of the admin port reads its secret strictly and lets nobody in without a token."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request

from cluster.admin import TokenGuard
from quarkparsec.crypto.json_web_token import make_token
from quarkparsec.errors import InvalidInput

SECRET = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A token file as the launcher writes it."""
    made = tmp_path / "jwt.hex"
    made.write_text(SECRET.hex() + "\n")
    made.chmod(0o600)
    return made


def judge(guard: TokenGuard, **headers: str) -> str | None:
    return guard(make_mocked_request("POST", "/", headers=headers))


def test_a_fresh_token_is_let_in(path: Path) -> None:
    token = make_token(SECRET, int(time.time()))
    assert judge(TokenGuard(path), Authorization=f"Bearer {token}") is None


def test_a_secret_with_a_prefix_is_the_same(path: Path) -> None:
    path.write_text("0x" + SECRET.hex())
    token = make_token(SECRET, int(time.time()))
    assert judge(TokenGuard(path), Authorization=f"Bearer {token}") is None


def test_nothing_and_nonsense_are_refused_with_a_reason(path: Path) -> None:
    guard = TokenGuard(path)
    assert judge(guard) == "missing token"
    assert judge(guard, Authorization="Bearer a.b.c") == "the token is malformed"
    stale = make_token(SECRET, int(time.time()) - 100)
    assert judge(guard, Authorization=f"Bearer {stale}") == "the token is stale"


def test_a_secret_that_others_may_read_is_refused(path: Path) -> None:
    path.chmod(0o640)
    with pytest.raises(InvalidInput, match="readable by others"):
        TokenGuard(path)


@pytest.mark.parametrize("text", ["", "00" * 31, "00" * 33, "zz" * 32, "0x"])
def test_a_secret_of_another_form_is_refused(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(InvalidInput, match="must hold 64 hex digits"):
        TokenGuard(path)


def test_a_missing_secret_is_refused(path: Path) -> None:
    path.unlink()
    with pytest.raises(InvalidInput, match="cannot read"):
        TokenGuard(path)
