"""Who lives in the small world that is split: two contracts and two users of each key, and some odd ones.

Keys are small numbers, so that one shard holds all of them, two shards every other, and so on.
"""

from __future__ import annotations

from typing import Final

from quarkparsec.chain.creation import create2_address
from quarkparsec.state.account import DELEGATION_PREFIX
from quarkparsec.state.genesis_entry import GenesisEntry
from quarkparsec.types import Address, Recipient, ShardKey, home_key
from tests.reshard.shards import COINBASE
from tests.reshard.signing import Signer
from tests.runners.assembler import assemble
from tests.simulation.contracts import DEPLOYER, DEPLOYER_CODE, labelled

ETHER: Final = 10**18
KEYS: Final = tuple(map(ShardKey, range(4)))

AUTHORITIES: Final = (Signer("one"), Signer("five"))
VAULT: Final = Recipient(b"\xfa" * 16 + b"\x00\x00\x00\x02")
"""A universal contract whose program is drawn."""
ABSENT: Final = Recipient(b"\xab" * 16 + b"\x00\x00\x00\x03")
SHA256: Final = Recipient(bytes(19) + b"\x02")


def at(kind: int, number: int, key: int) -> Recipient:
    """A recipient whose home key is `key`."""
    return Recipient(bytes((kind,)) * 15 + bytes((number,)) + key.to_bytes(4, "big"))


RICH: Final = tuple(at(0x11, 0, key) for key in KEYS)
POOR: Final = tuple(at(0x22, 0, key) for key in KEYS)
"""They have nothing and have sent nothing; their entries aren't there."""
OLD: Final = tuple(at(0x33, 0, key) for key in KEYS)
"""They have a nonce and one wei."""
ABROAD: Final = tuple(Address(at(0x44, key, key ^ 1), key) for key in KEYS)
"""Accounts under a key that isn't their home's; with one shard there is no room for them."""
DELEGATED: Final = tuple(at(0x55, 0, key) for key in KEYS)
"""They run their key's first contract."""
CONTRACTS: Final = tuple(at(0xDD, number, key) for key in KEYS for number in range(2))

SALTS: Final = (0, 1)
CHILDREN: Final = (
    assemble("SELFBALANCE 0 SSTORE 1 0 RETURN"),
    assemble("ORIGIN SELFDESTRUCT"),
    assemble("SELFBALANCE 0 SSTORE CALLER BALANCE 1 SSTORE 0 0 REVERT"),
    assemble("7 0 SSTORE CALLER SELFDESTRUCT"),
    assemble("ADDRESS BALANCE 0 SSTORE ORIGIN BALANCE 1 SSTORE 2 0 RETURN"),
)
"""Init codes, of 32 bytes at most."""


def born_of(contract: Recipient) -> list[Recipient]:
    """What a contract may have created where CREATE2 says."""
    return [create2_address(contract, salt, init) for salt in SALTS for init in CHILDREN[:2]]


def entries(codes: dict[Recipient, bytes], count: int) -> dict[Address, GenesisEntry]:
    """The world when `count` shards begin, with these programs of the contracts."""
    made: dict[Address, GenesisEntry] = {}

    def put(who: Recipient, balance: int, key: ShardKey | None = None, nonce: int = 0) -> None:
        address = Address(who, home_key(who) if key is None else key)
        made[address] = GenesisEntry(address.shard_key, nonce, balance, b"", {})

    for who in RICH:
        put(who, ETHER)
    for who in OLD:
        put(who, 1, nonce=7)
    put(COINBASE, 1)
    for who, key in ABROAD if count > 1 else ():
        put(who, ETHER, key, nonce=3)
    for contract, code in codes.items():
        key = home_key(contract)
        made[Address(contract, key)] = GenesisEntry(key, 1, 1_000_000, code, {})
    for who in DELEGATED:
        key = home_key(who)
        code = DELEGATION_PREFIX + CONTRACTS[2 * key]
        made[Address(who, key)] = GenesisEntry(key, 5, ETHER, code, {})
    for signer in AUTHORITIES:
        put(signer.recipient, ETHER)
        # What it may delegate to under its own key.
        delegate = delegate_of(signer)
        key = home_key(signer.recipient)
        made[Address(delegate, key)] = GenesisEntry(key, 1, 50, codes[CONTRACTS[0]], {})
    # Money that waits for contracts which may come.
    for contract in CONTRACTS[::3]:
        put(born_of(contract)[0], 77)
    return made


def delegate_of(signer: Signer) -> Recipient:
    """A contract of an authority's key."""
    return at(0xD7, 0, home_key(signer.recipient))


def universal(vault: bytes) -> dict[Recipient, bytes]:
    """What is everywhere."""
    return {DEPLOYER: DEPLOYER_CODE, VAULT: vault}


def creation_of(code: bytes) -> bytes:
    """Init code that deploys a program, and remembers what it was born with."""
    program = f"SELFBALANCE 9 SSTORE {len(code)} DUP1 @code 0 CODECOPY 0 RETURN .code"
    return labelled(program) + code
