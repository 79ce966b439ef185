"""Random programs and transactions, made so that hypothesis can make them smaller.

A program gathers what each of its operations answers, returns and logs it, and stores some of it; so a
difference anywhere shows. Contracts call and look at everybody that there is from the beginning, of whatever
key. What is created later they know only under their own key: that a contract of another key has come to be is
known where it is and at its home, so a call to it from elsewhere finds nobody, in every cluster of more than
one shard.
"""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from quarkparsec.types import Recipient, ShardKey, home_key
from tests.reshard.scenery import (
    ABROAD,
    ABSENT,
    AUTHORITIES,
    CHILDREN,
    CONTRACTS,
    DELEGATED,
    KEYS,
    OLD,
    POOR,
    RICH,
    SALTS,
    SHA256,
    VAULT,
    born_of,
    creation_of,
    delegate_of,
)
from tests.reshard.shards import COINBASE
from tests.reshard.signing import Wish
from tests.runners.assembler import assemble
from tests.simulation.contracts import DEPLOYER

EVERYBODY: Final = (
    *CONTRACTS,
    *POOR,
    *OLD,
    *RICH,
    *DELEGATED,
    *(address.recipient for address in ABROAD),
    *(signer.recipient for signer in AUTHORITIES),
    VAULT,
    DEPLOYER,
    COINBASE,
    ABSENT,
    SHA256,
)
CALL_GAS: Final = 90_000

_GATHER: Final = assemble("0 MLOAD 31 MUL ADD 0 MSTORE")
"""What an operation has left on the stack joins what came before, in memory."""

amounts = st.sampled_from([0, 1, 5, 1_000])


def _number(recipient: Recipient) -> str:
    return hex(int.from_bytes(recipient, "big"))


@st.composite
def operations(draw: st.DrawFn, targets: tuple[Recipient, ...]) -> bytes:
    """One operation that leaves one word."""
    target = _number(draw(st.sampled_from(targets)))
    value = draw(amounts)
    child = draw(st.sampled_from(CHILDREN))
    word, size = int.from_bytes(child, "big"), len(child)
    salt, slot = draw(st.sampled_from(SALTS)), draw(st.integers(0, 2))
    window = "32 32 0 0"
    program = draw(
        st.sampled_from(
            [
                f"{target} BALANCE",
                f"{target} EXTCODEHASH",
                f"{target} EXTCODESIZE",
                f"32 0 64 {target} EXTCODECOPY 64 MLOAD",
                f"{window} {value} {target} {CALL_GAS} CALL 32 MLOAD ADD RETURNDATASIZE ADD",
                f"{window} {value} {target} {CALL_GAS} CALLCODE 32 MLOAD ADD RETURNDATASIZE ADD",
                f"{window} {target} {CALL_GAS} DELEGATECALL 32 MLOAD ADD RETURNDATASIZE ADD",
                f"{window} {target} {CALL_GAS} STATICCALL 32 MLOAD ADD RETURNDATASIZE ADD",
                f"{word} 96 MSTORE {size} {128 - size} {value} CREATE",
                f"{word} 96 MSTORE {salt} {size} {128 - size} {value} CREATE2",
                f"{slot} SLOAD 1 ADD {slot} SSTORE {slot} SLOAD",
                f"{slot} TLOAD {value} ADD {slot} TSTORE {slot} TLOAD",
                f"0 {slot} SSTORE 1",
                "SELFBALANCE",
                "CALLER BALANCE",
                "ORIGIN BALANCE",
                "CALLER EXTCODEHASH",
                "ORIGIN EXTCODEHASH",
                f"{window} {value} CALLER {CALL_GAS} CALL",
                f"{window} {value} ORIGIN {CALL_GAS} CALL",
                f"{target} BALANCE {window} {value} {target} {CALL_GAS} CALL ADD {target} BALANCE ADD",
                "GAS",
                "CALLVALUE",
            ]
        )
    )
    return assemble(program)


@st.composite
def programs(draw: st.DrawFn, contract: Recipient | None = None) -> bytes:
    """The code of a contract, which may call what it creates itself."""
    born = born_of(contract) if contract else []
    targets = (*EVERYBODY, *born)
    body = draw(st.lists(operations(targets), min_size=1, max_size=5))
    beneficiary = _number(draw(st.sampled_from(targets)))
    endings = [
        "0 MLOAD 3 SSTORE 32 0 LOG0 32 0 RETURN",
        "32 0 LOG0 32 0 RETURN",
        "32 0 RETURN",
        "32 0 REVERT",
        f"{beneficiary} SELFDESTRUCT",
    ]
    return b"".join(each + _GATHER for each in body) + assemble(draw(st.sampled_from(endings)))


@st.composite
def wishes(draw: st.DrawFn, has_abroad: bool) -> Wish:
    """One transaction; `has_abroad`: there are accounts under keys that aren't their homes'."""
    kinds = ["call", "call", "call", "vault", "pay", "create", "deploy", "own key", "authorize"]
    kind = draw(st.sampled_from([*kinds, "abroad", "native"] if has_abroad else kinds))
    sender = draw(st.sampled_from([*RICH, *DELEGATED]))
    value = draw(amounts)
    contract = draw(st.sampled_from(CONTRACTS))
    key = draw(st.sampled_from([None, *KEYS]))
    match kind:
        case "vault":
            return Wish(sender, VAULT, value, frame_key=key)
        case "pay":
            users = [each for each in EVERYBODY if each not in (VAULT, DEPLOYER)]
            return Wish(sender, draw(st.sampled_from(users)), value)
        case "create":
            return Wish(sender, None, value, creation_of(draw(programs())), frame_key=key)
        case "deploy":
            salt = draw(st.sampled_from(SALTS)).to_bytes(32, "big")
            data = salt + draw(st.sampled_from(CHILDREN))
            return Wish(sender, DEPLOYER, value, data, frame_key=key)
        case "own key":
            return Wish(sender, draw(_of_key(home_key(sender))), value, key=home_key(sender))
        case "abroad":
            address = draw(st.sampled_from(ABROAD))
            to = draw(_of_key(address.shard_key))
            return Wish(address.recipient, to, value, key=address.shard_key)
        case "native":
            address = draw(st.sampled_from(ABROAD))
            to_key = home_key(contract)
            return Wish(address.recipient, contract, value, key=address.shard_key, to_key=to_key)
        case "authorize":
            return draw(_authorizations(sender, value))
    return Wish(sender, contract, value)


def _of_key(key: ShardKey) -> st.SearchStrategy[Recipient]:
    return st.sampled_from([each for each in EVERYBODY if home_key(each) == key])


@st.composite
def _authorizations(draw: st.DrawFn, sender: Recipient, value: int) -> Wish:
    signer = draw(st.sampled_from(AUTHORITIES))
    nonce = draw(st.integers(0, 2))
    delegate = draw(st.sampled_from([delegate_of(signer), CONTRACTS[0], CONTRACTS[3], VAULT]))
    to = draw(st.sampled_from([signer.recipient, CONTRACTS[1], CONTRACTS[2], RICH[3]]))
    return Wish(sender, to, value, authorizations=(signer.authorize(delegate, nonce),))


def codes() -> st.SearchStrategy[dict[Recipient, bytes]]:
    """A program for each contract."""
    return st.fixed_dictionaries({contract: programs(contract) for contract in CONTRACTS})
