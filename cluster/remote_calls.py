"""Calls and estimates as a gateway makes them: where the target is, as the sender, with what it has at home.

A call that nobody signed goes where a transaction would end up. If that isn't the sender's shard, the sender's
nonce and money are read at home, as of the same epoch, and go along.

A contract reverts without a word when it needs one that it can't see from where it is: whose key is another
one (the contract rule). The shard says whom the code met in vain, the directory whether one of them is such
a contract, and the error names it.
"""

from __future__ import annotations

import contextlib
from typing import Final

from cluster.router import Router
from quarkparsec.errors import Unavailable
from quarkparsec.jsonrpc.node import (
    CallRequest,
    ContractElsewhere,
    ExecutionFailed,
    ExecutionReverted,
)
from quarkparsec.state.account import Account
from quarkparsec.types import RECIPIENT_BYTES, Epoch, Gas, Recipient, ShardId, ShardKey, home_key
from quarkparsec.wire.queries import (
    CallAnswer,
    Encoded,
    EstimateGas,
    Purse,
    ReadAccount,
    ReadOnlyCall,
    Surroundings,
    UnsignedCall,
)

NOBODY: Final = Recipient(bytes(RECIPIENT_BYTES))
"""The sender of a call that names none."""

REVERTED: Final = "execution reverted"


class RemoteCalls:
    """Read-only execution on behalf of one gateway."""

    def __init__(self, router: Router) -> None:
        self._router: Final = router

    async def call(self, request: CallRequest, epoch: Epoch) -> bytes:
        """What the call returns. Raises as `Node.call` does."""
        return (await self._run(ReadOnlyCall, request, epoch)).output

    async def estimate_gas(self, request: CallRequest, epoch: Epoch) -> Gas:
        """The least gas limit with which it succeeds. Raises as `Node.call` does."""
        return Gas((await self._run(EstimateGas, request, epoch)).gas_used)

    async def _run(
        self, kind: type[ReadOnlyCall | EstimateGas], request: CallRequest, epoch: Epoch
    ) -> CallAnswer:
        key = await self._key_of(request)
        shard_id = self._router.shard_of_key(key)
        purse = await self._purse(request, shard_id, epoch)
        query = kind(shard_id, _unsigned(request, key, purse), await self._surroundings(epoch))
        answer = await self._router.ask(self._router.slave_of(shard_id), query, CallAnswer)
        if answer.error == REVERTED:
            raise ExecutionReverted(answer.output, await self._elsewhere(answer, key))
        if answer.error:
            raise ExecutionFailed(answer.error)
        return answer

    async def _key_of(self, request: CallRequest) -> ShardKey:
        """The shard key of the call's frames."""
        sender_key = home_key(request.sender)
        if request.to is None:
            return await self._router.key_of_creation(sender_key, request.access_list)
        return await self._router.key_of(request.to, sender_key)

    async def _purse(self, request: CallRequest, shard_id: ShardId, epoch: Epoch) -> Purse | None:
        """What the sender has at home, if the call runs elsewhere. Nobody has nothing, and spends nothing."""
        spends = request.value or request.max_fee_per_gas
        home = self._router.shard_of_key(home_key(request.sender))
        if home == shard_id or (request.sender == NOBODY and not spends):
            return None
        query = ReadAccount(home, request.sender, epoch)
        answer = await self._router.ask_optional(self._router.slave_of(home), query, Encoded)
        if answer is None:
            return Purse(0, b"")
        account = Account.decode(answer.value)
        return Purse(account.nonce, _wei(account.balance))

    async def _surroundings(self, epoch: Epoch) -> Surroundings:
        block = await self._router.root.by_number(epoch)
        if block is None:
            raise Unavailable(f"root block {epoch} can't be had")
        header = block.header
        return Surroundings(epoch, header.timestamp, _wei(header.base_fee), header.prevrandao)

    async def _elsewhere(self, answer: CallAnswer, key: ShardKey) -> ContractElsewhere | None:
        """The first stranger that is a contract under another key. That it isn't known is no failure."""
        strangers = [Recipient(stranger) for stranger in answer.strangers]
        with contextlib.suppress(Unavailable):
            locations = await self._router.locate(strangers)
            for stranger in strangers:
                location = locations[stranger]
                if location.is_contract and location.shard_key != key:
                    return ContractElsewhere(stranger, location.shard_key, key)
        return None


def _unsigned(request: CallRequest, key: ShardKey, purse: Purse | None) -> UnsignedCall:
    return UnsignedCall(
        sender=request.sender,
        to=request.to or b"",
        to_key=key,
        gas_limit=request.gas_limit,
        max_fee_per_gas=_wei(request.max_fee_per_gas),
        max_priority_fee_per_gas=_wei(request.max_priority_fee_per_gas),
        value=_wei(request.value),
        data=request.data,
        access_list=[(recipient, list(slots)) for recipient, slots in request.access_list],
        authorizations=[
            (a.chain_id, a.recipient, a.nonce, a.parity, _wei(a.r), _wei(a.s))
            for a in request.authorizations
        ],
        purse=purse,
    )


def _wei(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) >> 3, "big")
