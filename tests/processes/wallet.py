"""What a wallet's user has at hand: accounts on the shards that a test wants, amounts, words of call data."""

from __future__ import annotations

from typing import Any, Final

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3

from quarkparsec.chain.creation import create_address
from quarkparsec.crypto.keccak import keccak
from quarkparsec.crypto.mnemonic import recipient_of
from quarkparsec.types import Recipient, ShardId, home_key, shard_of

SHARDS: Final = 4


def recipient(of: LocalAccount) -> Recipient:
    return recipient_of(bytes(of.key))


def home_shard(of: Recipient) -> ShardId:
    return shard_of(home_key(of), SHARDS)


def somebody(name: str, shard: int, contract_shard: int | None = None) -> LocalAccount:
    """A fresh account on that shard; the home of the contract that it creates first may be wished for, too."""
    for attempt in range(10_000):
        account: LocalAccount = Account.from_key(keccak(f"{name} {attempt}".encode()))
        homes = home_shard(recipient(account)), home_shard(create_address(recipient(account), 0))
        if homes == (shard, homes[1] if contract_shard is None else contract_shard):
            return account
    raise AssertionError("no such account")


def fee(receipt: Any) -> int:
    """What a transaction cost its sender, apart from its value."""
    paid: int = receipt["gasUsed"] * receipt["effectiveGasPrice"]
    return paid


def balances(w3: Any, addresses: list[str], block: int) -> list[int]:
    """At the end of a block."""
    return [w3.eth.get_balance(address, block) for address in addresses]


def spelled(address: Recipient) -> str:
    """As wallets write it, mixed case and all."""
    return Web3.to_checksum_address(address)


def unspelled(address: str) -> Recipient:
    return Recipient(bytes.fromhex(address[2:]))


def padded(address: str) -> bytes:
    """An address as a word of call data."""
    return unspelled(address).rjust(32, b"\0")
