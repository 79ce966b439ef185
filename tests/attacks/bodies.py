"""Bodies and arguments that no honest client sends."""

from __future__ import annotations

import random
from typing import Any, Final

import orjson

VALID: Final = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'

NOT_JSON: Final[dict[str, bytes]] = {
    "nothing": b"",
    "a brace": b"{",
    "half a request": VALID[: len(VALID) // 2],
    "two requests": VALID + VALID,
    "NaN": b'{"jsonrpc":"2.0","id":NaN,"method":"eth_chainId"}',
    "Infinity": b'{"jsonrpc":"2.0","id":-Infinity,"method":"eth_chainId"}',
    "a number beyond a double": b'{"jsonrpc":"2.0","id":1e400,"method":"eth_chainId"}',
    "not UTF-8": b'{"jsonrpc":"2.0","id":"\xff","method":"eth_chainId"}',
    "half a surrogate pair": b'{"jsonrpc":"2.0","id":"\\ud800","method":"eth_chainId"}',
    "a byte order mark": b"\xef\xbb\xbf" + VALID,
    "UTF-16": VALID.decode().encode("utf-16"),
    "a comment": b"/* */" + VALID,
    "a trailing comma": b"[" + VALID + b",]",
    "single quotes": VALID.replace(b'"', b"'"),
    "a NUL": VALID[:-1] + b"\x00}",
    "lists without end": b"[" * 500_000,
    "objects without end": b'{"a":' * 100_000,
    "500 closed lists": b"[" * 500 + b"]" * 500,
    "depth in params": VALID.replace(b"[]", b"[" * 40 + b"]" * 40),
    "an XML document": b"<?xml version='1.0'?><methodCall/>",
    "a pickle": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.",
}

NOT_A_REQUEST: Final[dict[str, bytes]] = {
    "a number": b"1",
    "null": b"null",
    "a string": b'"eth_chainId"',
    "an empty object": b"{}",
    "an empty batch": b"[]",
    "version 1": b'{"id":1,"method":"eth_chainId"}',
    "a number as version": b'{"jsonrpc":2.0,"id":1,"method":"eth_chainId"}',
    "no method": b'{"jsonrpc":"2.0","id":1}',
    "an empty method": b'{"jsonrpc":"2.0","id":1,"method":""}',
    "a list as method": b'{"jsonrpc":"2.0","id":1,"method":["eth_chainId"]}',
    "an object as id": b'{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}',
    "a truth value as id": b'{"jsonrpc":"2.0","id":true,"method":"eth_chainId"}',
    "a batch of 100,000": b"[" + b"1," * 100_000 + b"1]",
    "a batch of 101": b"[" + b",".join([VALID] * 101) + b"]",
}

_RECIPIENT: Final = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
_QUANTITIES: Final[tuple[Any, ...]] = (
    "0x", "0x01", "0x_1", " 0x1", "0x1 ", "-0x1", "0X1", "1", "0xg", "0x1_0", "0x٣", "0x1\n",
    "0x" + "f" * 65, "0x" + "1" * 100_000, "", "newest", True, 1.5, -1, [], {},
)  # fmt: skip
_DATA: Final[tuple[Any, ...]] = ("0x0", "0xabc", "0x de", "0xzz", "de", "0x\n", "0xé0", "0X00", 7)
_RECIPIENTS: Final[tuple[Any, ...]] = (
    "0x", _RECIPIENT[:-1], _RECIPIENT + "0", _RECIPIENT[2:], " " + _RECIPIENT, 1, None, [], {},
    "0x" + "g" * 40, "0x" + "１" * 40, _RECIPIENT + "00" * 4,
)  # fmt: skip
_CALL: Final = {"to": _RECIPIENT}
_PLACE: Final = {"epoch": 0, "lane": 1, "n": 0}

BAD_ARGUMENTS: Final[list[tuple[str, list[Any]]]] = [
    *(("eth_getBalance", [_RECIPIENT, quantity]) for quantity in _QUANTITIES),
    *(("eth_getBlockByNumber", [quantity, False]) for quantity in _QUANTITIES),
    *(("eth_call", [{**_CALL, "value": quantity}, "latest"]) for quantity in _QUANTITIES[:16]),
    *(("eth_call", [{**_CALL, "gas": quantity}, "latest"]) for quantity in _QUANTITIES[:16]),
    *(("eth_call", [{**_CALL, "data": data}, "latest"]) for data in _DATA),
    *(("eth_sendRawTransaction", [data]) for data in _DATA),
    *(("eth_getBalance", [recipient, "latest"]) for recipient in _RECIPIENTS[:-1]),
    *(("eth_getCode", [recipient, "latest"]) for recipient in _RECIPIENTS[:-1]),
    *(("eth_getTransactionByHash", [value]) for value in ("0x", "0x" + "0" * 63, 5, None, "0xgg")),
    *(("qp_getTransactionStatus", [recipient]) for recipient in _RECIPIENTS),
    *(("qp_getLogsByFingerprint", [{**_PLACE, "n": n}, 0]) for n in _QUANTITIES),
    *(("qp_getLogsByFingerprint", [_PLACE, shard]) for shard in (*_QUANTITIES, 2**40)),
    *(("qp_getLogsByFingerprint", [recipient, 0]) for recipient in _RECIPIENTS),
    *(("eth_getBalance", params) for params in ([], [_RECIPIENT, "latest", 1])),
    ("eth_getLogs", [{"fromBlock": "0x-1"}]),
    ("eth_getLogs", [{"topics": [[[_RECIPIENT]]]}]),
    ("eth_getLogs", [{"topics": ["0x" + "0" * 64] * 5}]),
    ("eth_getLogs", [{"address": [_RECIPIENT] * 5_000}]),
    ("eth_getLogs", [{"blockHash": "0x" + "0" * 64, "fromBlock": "0x1"}]),
    ("eth_getLogs", [{"fromBlock": "0x2", "toBlock": "0x1"}]),
    (
        "eth_call",
        [{"to": _RECIPIENT, "accessList": [{"address": _RECIPIENT}] * 3 + [1]}, "latest"],
    ),
    ("eth_call", [{"to": _RECIPIENT, "data": "0x00", "input": "0x01"}, "latest"]),
    ("eth_feeHistory", ["0x1", "latest", [50, 20]]),
    ("eth_feeHistory", ["0x1", "latest", [101]]),
    ("eth_feeHistory", ["0x1", "latest", [1] * 1_000]),
    ("eth_getProof", [_RECIPIENT, ["0x0"] * 5_000, "latest"]),
    ("eth_getProof", [_RECIPIENT, ["0x" + "0" * 65], "latest"]),
]


def request(method: str, params: Any) -> bytes:
    """The body of one request."""
    return orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


def mutants(chance: random.Random, count: int) -> list[bytes]:
    """Bodies that were once requests: bytes changed, left out, repeated."""
    return [_mutate(chance, request(*chance.choice(BAD_ARGUMENTS))) for _ in range(count)]


def _mutate(chance: random.Random, body: bytes) -> bytes:
    mutant = bytearray(body[:2_000])
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(mutant))
        change = chance.randrange(3)
        if change == 0:
            mutant[place] = chance.randrange(256)
        elif change == 1:
            del mutant[place : place + chance.randrange(1, 9)]
        else:
            mutant[place:place] = mutant[place : place + chance.randrange(1, 40)]
        mutant = mutant or bytearray(b"{")
    return bytes(mutant)
