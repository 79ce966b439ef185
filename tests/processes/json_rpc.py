"""JSON-RPC without a wallet library, for clients that ask a lot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import requests

BATCH_MAX: Final = 100
TIMEOUT_S: Final = 5.0
UNAVAILABLE: Final = -32002


class Refused(Exception):
    """The node answered with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code: Final = code
        self.message: Final = message

    @property
    def is_passing(self) -> bool:
        """Whether the same may be granted in a moment: a shard is away."""
        return self.code == UNAVAILABLE


Question = tuple[str, Sequence[Any]]
"""A method and its arguments."""


class JsonRpc:
    """One client of one URL. Raises Refused, or requests.RequestException while nobody is there."""

    def __init__(self, url: str) -> None:
        self._url: Final = url
        self._session: Final = requests.Session()

    def ask(self, method: str, *arguments: Any) -> Any:
        """One question, its answer."""
        return _result(self._post(_call(0, method, arguments)))

    def ask_all(self, questions: Sequence[Question]) -> list[Any]:
        """Many questions in as few requests as possible, their answers in the same order."""
        answers: list[Any] = []
        for start in range(0, len(questions), BATCH_MAX):
            part = questions[start : start + BATCH_MAX]
            calls = [_call(index, *question) for index, question in enumerate(part)]
            answers += map(_result, sorted(self._post(calls), key=lambda answer: answer["id"]))
        return answers

    def _post(self, body: Any) -> Any:
        return self._session.post(self._url, json=body, timeout=TIMEOUT_S).json()


def _call(index: int, method: str, arguments: Sequence[Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": index, "method": method, "params": list(arguments)}


def _result(answer: Any) -> Any:
    if "error" in answer:
        raise Refused(answer["error"]["code"], answer["error"]["message"])
    return answer["result"]
