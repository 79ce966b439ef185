"""Where a private key comes from."""

from __future__ import annotations

from pathlib import Path

import pytest
from sending.private_key import VARIABLE, read_private_key

from quarkparsec.crypto.mnemonic import TEST_MNEMONIC, derive_keys
from quarkparsec.errors import InvalidInput

SECRET = bytes(range(32))


def test_a_development_account_is_known_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, SECRET.hex())
    assert read_private_key(None, 3) == derive_keys(TEST_MNEMONIC, 4)[3]


def test_a_file_goes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "0x" + SECRET.hex())
    assert read_private_key(None, None) == SECRET
    file = tmp_path / "key"
    file.write_text("11" * 32 + "\n")
    assert read_private_key(file, None) == b"\x11" * 32


@pytest.mark.parametrize("text", ["", "0x", "11" * 31, "zz" * 32, "11 " * 32])
def test_what_is_no_key_is_refused_and_not_repeated(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(InvalidInput, match=r"^a private key is 64 hexadecimal digits$"):
        read_private_key(None, None)
