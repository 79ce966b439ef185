"""Only a fresh token made with the secret opens the admin port."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarkparsec.crypto.json_web_token import check_token, make_token
from quarkparsec.errors import InvalidInput

SECRET = b"s" * 32
NOW_S = 1_800_000_000


def test_a_fresh_token_is_accepted() -> None:
    check_token(make_token(SECRET, NOW_S), SECRET, NOW_S + 60)


@pytest.mark.parametrize("age_s", [-61, 61])
def test_a_token_of_another_minute_is_stale(age_s: int) -> None:
    with pytest.raises(InvalidInput, match="stale"):
        check_token(make_token(SECRET, NOW_S), SECRET, NOW_S + age_s)


def test_a_token_made_with_another_secret_is_refused() -> None:
    with pytest.raises(InvalidInput, match="signature"):
        check_token(make_token(b"x" * 32, NOW_S), SECRET, NOW_S)


def test_a_token_without_an_algorithm_is_refused() -> None:
    header = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
    payload = make_token(SECRET, NOW_S).split(".")[1]
    with pytest.raises(InvalidInput, match="HS256"):
        check_token(f"{header}.{payload}.", SECRET, NOW_S)


@pytest.mark.parametrize(
    "token",
    [
        "eyJhbGciOiJIUzI1NiJ9.\udce9.AA",  # a byte of a header that isn't ASCII, as HTTP servers spell it
        "eyJ4Ijpb" + "W1tb" * 1500 + ".AA.AA",  # {"x":[[[[…
    ],
    ids=["not ascii", "nested too deep"],
)
def test_a_token_made_to_break_the_reader_is_malformed(token: str) -> None:
    with pytest.raises(InvalidInput, match="malformed"):
        check_token(token, SECRET, NOW_S)


@given(st.text(max_size=80))
def test_garbage_is_invalid_input(garbage: str) -> None:
    with pytest.raises(InvalidInput):
        check_token(garbage, SECRET, NOW_S)
