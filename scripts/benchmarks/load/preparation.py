"""Everything before the clock starts: who is there, who pays, what will be sent."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Final, NamedTuple

from rich.progress import Progress

from benchmarks.load import placement
from benchmarks.load.casting import Cast, cast_senders
from benchmarks.load.endpoint import Endpoint
from benchmarks.load.fees import Fees, ask_base_fee, choose_fees
from benchmarks.load.funding import fund
from benchmarks.load.options import Options
from benchmarks.load.placement import Funder
from benchmarks.load.workload import Party, Stream, Terms, sign_streams
from benchmarks.signing import Signed, Wallet
from quarkparsec.codec.quantities import data
from quarkparsec.errors import Rejected
from quarkparsec.types import Recipient, ShardId

BALANCE_SHARE: Final = 0.9
"""How much of the funders' money may be put at stake."""


class Chain(NamedTuple):
    """What the node says of itself."""

    client: str
    chain_id: int
    shard_count: int
    funders: dict[ShardId, Funder]


class Load(NamedTuple):
    """Signed and ready to be sent."""

    streams: list[Stream]
    idle_probes: list[Signed]
    loaded_probes: list[Stream]
    """One for each shard, sent side by side."""


async def ask_chain(endpoint: Endpoint, funded: Sequence[Wallet]) -> Chain:
    """The chain behind the endpoint, and which of the given accounts can pay. Raises Rejected if none."""
    client = str(await endpoint.call("web3_clientVersion"))
    chain_id = int(await endpoint.call("eth_chainId"), 16)
    shard_count = await placement.ask_shard_count(endpoint)
    balances = await endpoint.all(
        ("eth_getBalance", [data(wallet.recipient), "latest"]) for wallet in funded
    )
    amounts = (int(balance, 16) for balance in balances)
    funders = placement.choose_funders(zip(funded, amounts, strict=True), shard_count)
    if not funders:
        raise Rejected("none of the given accounts has money on this chain")
    return Chain(client, chain_id, shard_count, funders)


async def prepare(endpoint: Endpoint, options: Options, found: Chain, progress: Progress) -> Load:
    """Make senders, fund them, sign everything. Raises Rejected, RpcError, Unavailable."""
    casts = cast_senders(options, list(found.funders), found.shard_count)
    terms = Terms(found.chain_id, options.kind, Fees(0, 0))
    terms = terms._replace(fees=_fees(await ask_base_fee(endpoint), casts, found, terms))
    task = progress.add_task("funding", total=None)
    tokens = await asyncio.gather(
        *(
            fund(endpoint, found.funders[cast.shard_id].wallet, cast.amounts(terms), terms)
            for cast in casts
        )
    )
    progress.update(task, description="signing")
    load = await asyncio.to_thread(_sign, options, found.shard_count, casts, tokens, terms)
    progress.remove_task(task)
    return load


def _fees(base_fee: int, casts: Sequence[Cast], found: Chain, terms: Terms) -> Fees:
    """Fees that the poorest funder can back."""
    offers = []
    for cast in casts:
        budget = int(found.funders[cast.shard_id].balance * BALANCE_SHARE)
        offers.append(choose_fees(base_fee, cast.gas(terms), budget))
    return min(offers, key=lambda fees: fees.cap)


def _sign(
    options: Options,
    shard_count: int,
    casts: Sequence[Cast],
    tokens: Sequence[Recipient | None],
    terms: Terms,
) -> Load:
    source = random.Random(options.seed)  # noqa: S311 - whom to pay is no secret
    everybody = _receivers(source, shard_count)
    load: list[tuple[Party, int]] = []
    idle: list[tuple[Party, int]] = []
    loaded: list[tuple[Party, int]] = []
    for cast, token in zip(casts, tokens, strict=True):
        neighbours = everybody[cast.shard_id]
        whom = neighbours if options.same_shard else list(chain.from_iterable(everybody))
        load += [(Party(wallet, whom, token), count) for wallet, count in cast.load.items()]
        for probes, (wallet, count) in ((idle, cast.idle_prober), (loaded, cast.loaded_prober)):
            probes.append((Party(wallet, neighbours, token), count))
    return Load(
        sign_streams(load, terms, source),
        _in_turn(sign_streams(idle, terms, source)),
        sign_streams(loaded, terms, source),
    )


def _receivers(source: random.Random, shard_count: int) -> list[list[Recipient]]:
    """Addresses to pay, by shard."""
    return [
        placement.receivers(source, ShardId(shard_id), shard_count)
        for shard_id in range(shard_count)
    ]


def _in_turn(streams: Sequence[Stream]) -> list[Signed]:
    """All transactions, one of each stream after the other."""
    rounds = zip_longest(*(stream.transactions for stream in streams))
    return [transaction for each in rounds for transaction in each if transaction is not None]
