"""Everything before the clock starts: who is there, who pays, what will be sent."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import zip_longest
from typing import Final, NamedTuple

from rich.progress import Progress

from benchmarks.load import placement
from benchmarks.load.casting import Cast, cast_senders
from benchmarks.load.endpoint import Endpoint
from benchmarks.load.fees import Fees, ask_base_fee, choose_fees
from benchmarks.load.funding import contract_gas, fund, set_up
from benchmarks.load.options import Options
from benchmarks.load.placement import Funder
from benchmarks.load.workload import Contract, Party, Stage, Stream, Terms, sign_streams
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

    shards: list[ShardId]
    """Where senders live."""
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
    workload = options.workload
    casts = cast_senders(options, list(found.funders), found.shard_count)
    recipients = {cast.shard_id: cast.recipients for cast in casts}
    contracts = {each: workload.contract(each, recipients) for each in recipients}
    base_fee = await ask_base_fee(endpoint)
    terms = Terms(found.chain_id, _fees(base_fee, workload.gas_limit, casts, contracts, found))
    task = progress.add_task("funding", total=None)

    async def fund_shard(cast: Cast) -> Recipient | None:
        funder, contract = found.funders[cast.shard_id].wallet, contracts[cast.shard_id]
        address = contract and await set_up(endpoint, funder, contract, terms)
        await fund(endpoint, funder, cast.amounts(workload.gas_limit, terms.fees), terms)
        return address

    addresses = await asyncio.gather(*map(fund_shard, casts))
    progress.update(task, description="signing")
    made = {shard: each for shard, each in zip(recipients, addresses, strict=True) if each}
    load = await asyncio.to_thread(_sign, options, found.shard_count, casts, made, terms)
    progress.remove_task(task)
    return load


def _fees(
    base_fee: int,
    gas_limit: int,
    casts: Sequence[Cast],
    contracts: Mapping[ShardId, Contract | None],
    found: Chain,
) -> Fees:
    """Fees that the poorest funder can back."""
    offers = []
    for cast in casts:
        budget = int(found.funders[cast.shard_id].balance * BALANCE_SHARE)
        gas = cast.gas(gas_limit) + contract_gas(contracts[cast.shard_id])
        offers.append(choose_fees(base_fee, gas, budget))
    return min(offers, key=lambda fees: fees.cap)


def _sign(
    options: Options,
    shard_count: int,
    casts: Sequence[Cast],
    contracts: Mapping[ShardId, Recipient],
    terms: Terms,
) -> Load:
    source = random.Random(options.seed)  # noqa: S311 - whom to pay is no secret
    stage = Stage(
        {cast.shard_id: [wallet.recipient for wallet in cast.load] for cast in casts},
        _receivers(source, shard_count),
        contracts,
    )
    load: list[tuple[Party, int]] = []
    idle: list[tuple[Party, int]] = []
    loaded: list[tuple[Party, int]] = []
    for cast in casts:
        played = partial(options.workload.script, cast.shard_id, stage)
        load += [(Party(wallet, played()), count) for wallet, count in cast.load.items()]
        for probes, (wallet, count) in ((idle, cast.idle_prober), (loaded, cast.loaded_prober)):
            probes.append((Party(wallet, played()), count))
    return Load(
        [cast.shard_id for cast in casts if cast.load],
        sign_streams(load, terms, source),
        _in_turn(sign_streams(idle, terms, source)),
        sign_streams(loaded, terms, source),
    )


def _receivers(source: random.Random, shard_count: int) -> dict[ShardId, list[Recipient]]:
    """Addresses to pay, by shard."""
    shards = map(ShardId, range(shard_count))
    return {each: placement.receivers(source, each, shard_count) for each in shards}


def _in_turn(streams: Sequence[Stream]) -> list[Signed]:
    """All transactions, one of each stream after the other."""
    rounds = zip_longest(*(stream.transactions for stream in streams))
    return [transaction for each in rounds for transaction in each if transaction is not None]
