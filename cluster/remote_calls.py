"""Calls and estimates as a gateway makes them: where the target is, as the sender, with what it has at home.

A call that nobody signed goes where a transaction would end up. If that isn't the sender's shard, the sender's
nonce and money are read at home, as of the same epoch, and go along.

A contract reverts without a word when it needs one that it can't see from where it is: whose key is another
one (the contract rule). The shard says whom the code met in vain, the directory whether one of them is such
a contract, and the error names it.

A contract that the call creates away from its home takes what waits there. Which ones it creates shows only
when it runs: the shard says whose homes it has to know, they are asked, and it runs again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Final

import msgspec

from cluster.router import Router
from quarkparsec.errors import Rejected, Unavailable
from quarkparsec.jsonrpc.node import (
    CallRequest,
    ContractElsewhere,
    ExecutionFailed,
    ExecutionReverted,
)
from quarkparsec.limits import CALL_HOMES_MAX, CALL_ROUNDS_MAX
from quarkparsec.state.account import Account
from quarkparsec.types import (
    RECIPIENT_BYTES,
    Epoch,
    Gas,
    Recipient,
    ShardId,
    ShardKey,
    home_key,
    shard_of,
)
from quarkparsec.wire.epoch import Amount, to_amount
from quarkparsec.wire.lanes import Endowment
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
        upon = await self._surroundings(epoch)
        return (await self._settled(ReadOnlyCall, request, upon)).output

    async def estimate_gas(self, request: CallRequest, epoch: Epoch) -> Gas:
        """The least gas limit with which it succeeds. Raises as `Node.call` does."""
        upon = _in_a_block_to_come(await self._surroundings(epoch))
        return Gas((await self._settled(EstimateGas, request, upon)).gas_used)

    async def _settled(
        self, kind: type[ReadOnlyCall | EstimateGas], request: CallRequest, upon: Surroundings
    ) -> CallAnswer:
        """Run it; if shards were split meanwhile, all of it anew: who is at home where has changed."""
        return await self._router.settled(lambda: self._run(kind, request, upon))

    async def _run(
        self, kind: type[ReadOnlyCall | EstimateGas], request: CallRequest, upon: Surroundings
    ) -> CallAnswer:
        key = await self._key_of(request)
        shard_count = self._router.root.head().shard_count
        shard_id = shard_of(key, shard_count)
        is_home = shard_of(home_key(request.sender), shard_count) == shard_id
        purse = None if is_home else await self._purse(request, Epoch(upon.epoch))
        query = kind(shard_id, shard_count, _unsigned(request, key, purse), upon)
        answer = await self._ask(query)
        if answer.error == REVERTED:
            raise ExecutionReverted(answer.output, await self._elsewhere(answer, key))
        if answer.error:
            raise ExecutionFailed(answer.error)
        return answer

    async def _ask(self, query: ReadOnlyCall | EstimateGas) -> CallAnswer:
        """Let the call run, again and again until it knows the homes of all that it creates."""
        slaves = self._router.slaves
        known: list[Endowment] = []
        for _ in range(CALL_ROUNDS_MAX):
            holder = slaves.holder(ShardId(query.shard_id))
            answer = await slaves.ask(holder, query, CallAnswer)
            if not answer.needs:
                return answer
            if len(known) + len(answer.needs) > CALL_HOMES_MAX:
                break
            known += await self._endowments(answer.needs, Epoch(query.upon.epoch))
            call = msgspec.structs.replace(query.call, endowments=known)
            query = msgspec.structs.replace(query, call=call)
        raise Rejected("the call creates too many contracts that live away from their homes")

    async def _key_of(self, request: CallRequest) -> ShardKey:
        """The shard key of the call's frames."""
        if request.key is not None:
            return request.key
        sender_key = home_key(request.sender)
        return await self._router.key_of_target(request.to, sender_key, request.access_list)

    async def _purse(self, request: CallRequest, epoch: Epoch) -> Purse | None:
        """What the sender has at home, for a call that runs elsewhere. Nobody has nothing, and spends nothing."""
        if request.key is not None:
            return None
        spends = request.value or request.max_fee_per_gas
        if request.sender == NOBODY and not spends:
            return None
        account = await self._at_home(request.sender, epoch)
        return Purse(account.nonce, to_amount(account.balance)) if account else Purse(0, b"")

    async def _endowments(self, recipients: Sequence[bytes], epoch: Epoch) -> list[Endowment]:
        """What their homes know of contracts that are to be created elsewhere."""
        accounts = await asyncio.gather(
            *(self._at_home(Recipient(recipient), epoch) for recipient in recipients)
        )
        return [
            _endowment(recipient, account)
            for recipient, account in zip(recipients, accounts, strict=True)
        ]

    async def _at_home(self, recipient: Recipient, epoch: Epoch) -> Account | None:
        def question(shard_id: ShardId, shard_count: int) -> ReadAccount:
            return ReadAccount(shard_id, shard_count, recipient, epoch)

        answer = await self._router.ask_at(home_key(recipient), question, Encoded)
        return None if answer is None else Account.decode(answer.value)

    async def _surroundings(self, epoch: Epoch) -> Surroundings:
        block = await self._router.root.by_number(epoch)
        if block is None:
            raise Unavailable(f"root block {epoch} can't be had")
        header = block.header
        return Surroundings(epoch, header.timestamp, to_amount(header.base_fee), header.prevrandao)

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


def _in_a_block_to_come(upon: Surroundings) -> Surroundings:
    """Upon the same state, but at the clock of the block that the transaction will be in.

    Many blocks share a second. What a contract does once a second (a price oracle's entry) would be missing in an
    estimate upon the block that did it, and the transaction would run out of gas in the next second.
    """
    return msgspec.structs.replace(upon, timestamp=max(upon.timestamp + 1, int(time.time())))


def _unsigned(request: CallRequest, key: ShardKey, purse: Purse | None) -> UnsignedCall:
    return UnsignedCall(
        sender=request.sender,
        to=request.to or b"",
        to_key=key,
        gas_limit=request.gas_limit,
        max_fee_per_gas=to_amount(request.max_fee_per_gas),
        max_priority_fee_per_gas=to_amount(request.max_priority_fee_per_gas),
        value=to_amount(request.value),
        data=request.data,
        access_list=[(recipient, list(slots)) for recipient, slots in request.access_list],
        authorizations=[
            (to_amount(a.chain_id), a.recipient, a.nonce, a.parity, to_amount(a.r), to_amount(a.s))
            for a in request.authorizations
        ],
        key=request.key,
        purse=purse,
        endowments=[],
    )


def _endowment(recipient: bytes, account: Account | None) -> Endowment:
    if account is None:
        return Endowment(recipient, Amount(b""), False)
    return Endowment(recipient, to_amount(account.balance), account.is_taken)
