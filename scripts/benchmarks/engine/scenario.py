"""What both engines are given: accounts, and signed blocks over them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from benchmarks import token
from benchmarks.signing import CREATION, Unsigned, Wallet, created_address, sign_all, wallets
from quarkparsec.crypto.keccak import keccak
from quarkparsec.types import Gas, Hash32, Recipient, Wei

SEED: Final = b"benchmark"
CHAIN_ID: Final = 20803
BASE_FEE: Final = Wei(10**9)
TIP: Final = 10**9
FEE_CAP: Final = BASE_FEE + TIP
TRANSFER_GAS: Final = 21_000
BLOCK_GAS: Final = Gas(200_000_000)
"""Room for every block of the benchmark."""

BALANCE: Final = Wei(10**21)
COINBASE: Final = Recipient(b"\xcc" * 20)
PREVRANDAO: Final = Hash32(bytes(32))
MINTED: Final = 10**18
HOLDERS_PER_MINT: Final = 200
FIRST_TIMESTAMP: Final = 1_700_000_000

Block = list[bytes]
"""Raw transactions in their order."""


class Size(NamedTuple):
    """How much is measured."""

    accounts: int
    block: int
    """Transactions in a block; each has a sender of its own."""
    blocks: int
    """Of each kind, the first of which warms up and doesn't count."""


FULL: Final = Size(accounts=100_000, block=1_000, blocks=6)
QUICK: Final = Size(accounts=10_000, block=500, blocks=3)
QUICK_FULL_BLOCKS: Final = Size(accounts=10_000, block=1_000, blocks=2)
"""Where a block costs something by itself."""


class Scenario(NamedTuple):
    """The input of the pipeline benchmark."""

    recipients: list[Recipient]
    """Every account; each has the same balance. The owner and the senders come first."""
    transfers: list[Block]
    set_up: list[Block]
    """Creates the token and gives every sender some."""
    token_transfers: list[Block]
    token: Recipient


def make_scenario(size: Size) -> Scenario:
    """Sign everything; the same every time."""
    owner, *senders = islice(wallets(SEED), size.block + 1)
    signers = [owner.recipient, *(wallet.recipient for wallet in senders)]
    recipients = signers + list(islice(_strangers(), size.accounts - len(signers)))
    address = created_address(owner.recipient, 0)
    source = random.Random(SEED)  # noqa: S311 - whom to pay is no secret
    ether, tokens = [], []
    for number in range(size.blocks):
        to = [source.choice(recipients) for _ in senders]
        ether.append([_unsigned(number, TRANSFER_GAS, each, b"", 1) for each in to])
        calls = [token.transfer_call(each, 1) for each in to]
        nonce = size.blocks + number
        tokens.append([_unsigned(nonce, token.TRANSFER_GAS, address, call) for call in calls])
    return Scenario(
        recipients,
        _sign_blocks(senders, ether),
        _set_up_blocks(owner, address, signers),
        _sign_blocks(senders, tokens),
        address,
    )


def _strangers() -> Iterator[Recipient]:
    number = 0
    while True:
        yield Recipient(keccak(SEED + number.to_bytes(8, "big"))[:20])
        number += 1


def _set_up_blocks(owner: Wallet, address: Recipient, holders: Sequence[Recipient]) -> list[Block]:
    plans = [_unsigned(0, token.DEPLOY_GAS, CREATION, token.CREATION_CODE)]
    for start in range(0, len(holders), HOLDERS_PER_MINT):
        some = holders[start : start + HOLDERS_PER_MINT]
        gas = token.MINT_GAS + len(some) * token.MINT_GAS_PER_HOLDER
        plans.append(_unsigned(len(plans), gas, address, token.mint_call(some, MINTED)))
    return [[owner.sign(plan).raw] for plan in plans]


def _sign_blocks(senders: Sequence[Wallet], blocks: Sequence[Sequence[Unsigned]]) -> list[Block]:
    """Sign each block's transactions, one by every sender."""
    jobs = [(wallet, [block[index] for block in blocks]) for index, wallet in enumerate(senders)]
    signed = sign_all(jobs)
    return [[own[number].raw for own in signed] for number in range(len(blocks))]


def _unsigned(nonce: int, gas_limit: int, to: bytes, call: bytes, value: int = 0) -> Unsigned:
    return Unsigned(CHAIN_ID, nonce, TIP, FEE_CAP, gas_limit, to, value, call)
