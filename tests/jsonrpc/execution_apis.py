"""The schemas and recorded conversations of ethereum/execution-apis, if a copy is at hand.

The copy is looked for in $EXECUTION_APIS, else beside the project. The repository's sources say `allOf`
where they mean "these members, too", under parents that allow no further members; its own build merges
them, and so does `_merge`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator

from quarkparsec.codec import rlp

ROOT = Path(os.environ.get("EXECUTION_APIS", "../shared/data/execution-apis"))

needed = pytest.mark.skipif(not ROOT.is_dir(), reason="needs a copy of ethereum/execution-apis")


def complaint(method: str, result: object) -> str | None:
    """Why `result` isn't one of `method`'s; None if it is."""
    errors = list(_validator(method).iter_errors(result))
    reasons = [reason for error in errors for reason in (error, *(error.context or ()))]
    return "; ".join(reason.message for reason in reasons) or None


def conversation(method: str, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A recorded request and its answer."""
    lines = (ROOT / "tests" / method / f"{name}.io").read_text().splitlines()
    request = next(line for line in lines if line.startswith(">>"))
    answer = next(line for line in lines if line.startswith("<<"))
    return json.loads(request[2:]), json.loads(answer[2:])


def blocks() -> Iterator[tuple[bytes, list[bytes]]]:
    """The recorded chain: each block's encoded header and raw transactions."""
    chain, offset = (ROOT / "tests" / "chain.rlp").read_bytes(), 0
    while offset < len(chain):
        end = _end(chain, offset)
        header, transactions, *_ = _parts(chain[offset:end])
        yield header, [_raw(item) for item in _parts(transactions)]
        offset = end


def _parts(encoded: bytes) -> list[bytes]:
    """The encoded members of an encoded list."""
    offset, parts = rlp.list_payload_offset(encoded), []
    while offset < len(encoded):
        end = _end(encoded, offset)
        parts.append(encoded[offset:end])
        offset = end
    return parts


def _raw(item: bytes) -> bytes:
    """A transaction of a block's list: a list if it's legacy, else wrapped in a byte string."""
    if item[0] >= 0xC0:
        return item
    typed = rlp.decode(item)
    assert isinstance(typed, bytes)
    return typed


def _end(encoded: bytes, offset: int) -> int:
    """Where the item at `offset` ends."""
    prefix = encoded[offset]
    if prefix < 0x80:
        return offset + 1
    short, size = (0xC0, prefix - 0xC0) if prefix >= 0xC0 else (0x80, prefix - 0x80)
    if size <= 55:
        return offset + 1 + size
    width = prefix - short - 55
    return offset + 1 + width + int.from_bytes(encoded[offset + 1 : offset + 1 + width], "big")


@cache
def _validator(method: str) -> Draft201909Validator:
    schemas = {name: _merge(schema) for name, schema in _schemas().items()}
    schema = _merge(_methods()[method]["result"]["schema"])
    return Draft201909Validator({**schema, "components": {"schemas": schemas}})


@cache
def _schemas() -> dict[str, Any]:
    loaded: dict[str, Any] = {}
    for content in _contents("src/schemas"):
        loaded |= content
    return loaded


@cache
def _methods() -> dict[str, Any]:
    return {method["name"]: method for some in _contents("src/eth") for method in some}


def _contents(folder: str) -> Iterator[Any]:
    for path in sorted((ROOT / folder).glob("*.yaml")):
        yield yaml.safe_load(path.read_text())


def _merge(node: Any) -> Any:
    if isinstance(node, list):
        return [_merge(member) for member in node]
    if not isinstance(node, dict):
        return node
    merged = {key: _merge(value) for key, value in node.items() if key != "allOf"}
    for part in node.get("allOf", []):
        referred = _schemas()[part["$ref"].rsplit("/", 1)[1]] if "$ref" in part else part
        for key, value in _merge(referred).items():
            if key == "properties":
                merged[key] = {**value, **merged.get(key, {})}
            elif key == "required":
                merged[key] = [*merged.get(key, []), *value]
            else:
                merged.setdefault(key, value)
    return merged
