"""The sources keep the house rules, and the rules find what they are for."""

from __future__ import annotations

import re
from pathlib import Path, PurePath

import pytest

from tests.tidy.rules import Source, complaints

ROOT = Path(__file__).parent.parent.parent
FILES = sorted(
    path.relative_to(ROOT)
    for folder in ("quarkparsec", "cluster", "scripts", "tests")
    for path in (ROOT / folder).rglob("*.py")
)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_source_file_keeps_the_rules(path: Path) -> None:
    assert list(complaints(Source(path, (ROOT / path).read_text()))) == []


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("cluster/utils.py", "", "says nothing"),
        ("cluster/node_manager.py", "", "says nothing"),
        ("cluster/x.py", "a = 1\n" * 401, "split it"),
        ("cluster/x.py", "def f():\n" + "    a = 1\n" * 60, "split it"),
        (
            "cluster/x.py",
            "def f():\n if a:\n  for b in c:\n   while d:\n    if e:\n     if g: h()",
            "nests",
        ),
        ("cluster/x.py", "print(1)", "doesn't belong"),
        ("cluster/x.py", "import pickle", "reads code"),
        ("cluster/x.py", "assert a", "invariant"),
        ("cluster/x.py", "try:\n a()\nexcept Exception:\n b()", "catches everything"),
        ("cluster/x.py", "try:\n a()\nexcept:\n b()", "catches everything"),
        ("quarkparsec/x.py", "a = 1", "prose"),
    ],
)
def test_a_rule_finds_what_it_is_for(path: str, text: str, words: str) -> None:
    assert any(words in complaint for complaint in complaints(Source(PurePath(path), text)))


def test_a_chain_of_elif_is_one_level() -> None:
    text = "def f():\n" + " if a: b()\n" + " elif c: d()\n" * 9
    assert list(complaints(Source(PurePath("cluster/x.py"), text))) == []


def test_every_limit_says_why() -> None:
    text = (ROOT / "quarkparsec" / "limits.py").read_text()
    names = re.findall(r"^([A-Z_]+): Final", text, re.MULTILINE)
    explained = re.findall(r'^([A-Z_]+): Final[^\n]*\n"""', text, re.MULTILINE)
    assert names == explained


def test_every_test_file_of_the_pure_core_mirrors_a_module() -> None:
    folders = [path.name for path in (ROOT / "quarkparsec").iterdir() if path.is_dir()]
    modules = {path.stem for path in (ROOT / "quarkparsec").rglob("*.py")}
    for folder in folders:
        for path in (ROOT / "tests" / folder).rglob("test_*.py"):
            stem = path.stem.removeprefix("test_")
            assert any(stem.startswith(module) for module in modules), f"{path} mirrors nothing"
