"""The tables of methods, public and admin: documents, tests and code know the same ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from quarkparsec.jsonrpc import methods
from quarkparsec.jsonrpc.arguments.argument import REQUIRED
from quarkparsec.jsonrpc.method import Method
from quarkparsec.jsonrpc.methods.admin import ADMIN_METHODS
from quarkparsec.jsonrpc.methods.table import METHODS

HERE = Path(__file__).parent
README = Path(methods.__file__).parent.parent / "README.md"

ALL = {**METHODS, **ADMIN_METHODS}

each_method = pytest.mark.parametrize("method", ALL.values(), ids=ALL)


@each_method
def test_a_method_has_a_test(method: Method) -> None:
    tests = "".join(
        path.read_text() for path in HERE.glob("test_*.py") if path.stem != "test_table"
    )
    assert f'"{method.name}"' in tests


@each_method
def test_a_method_has_a_row_in_the_readme_with_its_arguments_and_cost(method: Method) -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (\w+) \|", README.read_text(), re.MULTILINE)
    documented = {name: (arguments, cost) for name, arguments, cost in rows}
    names = [
        argument.name if argument.default is REQUIRED else f"[{argument.name}]"
        for argument in method.arguments
    ]
    assert documented[method.name] == (", ".join(names), method.cost.name.lower())


def test_the_readme_names_no_other_method() -> None:
    assert set(re.findall(r"^\| `(\w+_\w+)`", README.read_text(), re.MULTILINE)) == set(ALL)


@each_method
def test_required_arguments_come_first(method: Method) -> None:
    required = [argument.default is REQUIRED for argument in method.arguments]
    assert required == sorted(required, reverse=True)


def test_nothing_on_the_public_port_signs_or_administrates() -> None:
    banned = ("personal_", "admin_", "debug_", "miner_", "engine_")
    signing = {"eth_sign", "eth_sendTransaction", "eth_signTransaction", "eth_signTypedData"}
    assert not [name for name in METHODS if name.startswith(banned) or name in signing]


def test_on_the_admin_port_there_is_nothing_but_administration() -> None:
    assert all(name.startswith("admin_") for name in ADMIN_METHODS)
