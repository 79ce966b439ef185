"""The house rules as functions from a source file to complaints, so that each rule has its own small test.

A rule that can't be met without a good reason is a bad rule; there are no exceptions lists here but the
one for the places where any exception may be caught.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePath
from typing import Final, NamedTuple

FILE_LINES_MAX: Final = 400
FUNCTION_LINES_MAX: Final = 60
NESTING_MAX: Final = 4

BANNED_NAMES: Final = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
BANNED_CALLS: Final = {"eval", "exec", "breakpoint", "print"}
BANNED_MODULES: Final = {"pickle", "marshal", "shelve"}
NESTING_NODES: Final = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith)

BROAD_EXCEPT_FILES: Final = {
    "quarkparsec/jsonrpc/service.py",  # a request must never take the server down
    "quarkparsec/ordering/executor.py",  # a transaction must never stall those behind it
    "quarkparsec/shard/decider.py",  # the same in lane 2
    "cluster/driver.py",  # a broken replica stops alone
}


class Source(NamedTuple):
    """A file of the project: its path from the root, and its text."""

    path: PurePath
    text: str

    @property
    def is_pure(self) -> bool:
        return self.path.parts[0] == "quarkparsec"

    @property
    def is_product(self) -> bool:
        return self.path.parts[0] in ("quarkparsec", "cluster")


def complaints(source: Source) -> Iterator[str]:
    """Everything that is untidy in one file."""
    tree = ast.parse(source.text)
    yield from _names(source)
    yield from _sizes(source, tree)
    for node in ast.walk(tree):
        if source.is_product:
            yield from _calls(source, node)
            yield from _asserts(source, node)
            yield from _excepts(source, node)
    if source.is_pure and not ast.get_docstring(tree):
        yield f"{source.path}: a module of quarkparsec opens with prose"


def _names(source: Source) -> Iterator[str]:
    for part in source.path.parts:
        if BANNED_NAMES & set(part.removesuffix(".py").split("_")):
            yield f"{source.path}: `{part}` says nothing; name what it holds"


def _sizes(source: Source, tree: ast.Module) -> Iterator[str]:
    lines = source.text.count("\n")
    if lines > FILE_LINES_MAX:
        yield f"{source.path}: {lines} lines; split it"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                yield f"{source.path}:{node.lineno}: {node.name} has {length} lines; split it"
            if (depth := _nesting(node)) > NESTING_MAX:
                yield f"{source.path}:{node.lineno}: {node.name} nests {depth} deep"


def _nesting(node: ast.AST) -> int:
    deepest = 0
    for child in ast.iter_child_nodes(node):
        # `elif` is an If inside the orelse of an If, but reads as one level.
        is_elif = isinstance(node, ast.If) and child in node.orelse and isinstance(child, ast.If)
        step = isinstance(child, NESTING_NODES) and not is_elif
        deepest = max(deepest, _nesting(child) + step)
    return deepest


def _calls(source: Source, node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in BANNED_CALLS:
            yield f"{source.path}:{node.lineno}: {name}() doesn't belong here"
    if isinstance(node, ast.Import):
        for imported in node.names:
            if imported.name in BANNED_MODULES:
                yield f"{source.path}:{node.lineno}: {imported.name} reads code from data"


def _asserts(source: Source, node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Assert):
        yield f"{source.path}:{node.lineno}: `python -O` removes assert; use invariant()"


def _excepts(source: Source, node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.ExceptHandler) or str(source.path) in BROAD_EXCEPT_FILES:
        return
    name = node.type.id if isinstance(node.type, ast.Name) else None
    if node.type is None or name in ("Exception", "BaseException"):
        yield f"{source.path}:{node.lineno}: catches everything, which only the edges may"
