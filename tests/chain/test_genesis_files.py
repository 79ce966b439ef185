"""The genesis files that come with the node, and the contracts in them, run on the node's own EVM."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_abi.abi import decode, encode

from quarkparsec.chain.genesis import Genesis, parse_genesis
from quarkparsec.crypto.keccak import keccak
from quarkparsec.crypto.mnemonic import TEST_MNEMONIC, derive_keys, recipient_of
from quarkparsec.runners.outcome import Done
from quarkparsec.types import Recipient, ShardId
from tests.runners.scene import CHAIN_ID, ETHER, SENDER, Scene

FOLDER = Path(__file__).parents[2] / "genesis"

DEPLOYMENT_PROXY = Recipient(bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c"))
SAFE_FACTORY = Recipient(bytes.fromhex("914d7fec6aac8cd542e72bca78b30650d45643d7"))
MULTICALL = Recipient(bytes.fromhex("ca11bde05977b3631167028862be2a173976ca11"))
PERMIT = Recipient(bytes.fromhex("000000000022d473030f116ddee9f6b43ac78ba3"))
ENTRY_POINT = Recipient(bytes.fromhex("0000000071727de22e5e9d8baf0edac6f37da032"))
SENDER_CREATOR = Recipient(bytes.fromhex("efc2c1444ebcc4db75e7613d20c6a62ff67a167c"))

CODE_HASHES = {
    DEPLOYMENT_PROXY: "2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989",
    SAFE_FACTORY: "2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989",
    MULTICALL: "d5c15df687b16f2ff992fc8d767b4216323184a2bbc6ee2f9c398c318e770891",
    PERMIT: "a1ad0529565c25202190d4ae7f75d4ca08dc432cc760544ee7d0313b68e82ecd",
    ENTRY_POINT: "8db5ff695839d655407cc8490bb7a5d82337a86a6b39c3f0258aa6c3b582fc58",
}
"""Of the code as it runs on Ethereum; Permit2's and the EntryPoint's hold values of their constructors."""

ONE_BYTE_INIT_CODE = bytes.fromhex("600160005360016000f3")
"""Deploys the code 0x01."""


def read(name: str) -> Genesis:
    return parse_genesis((FOLDER / name).read_bytes())


def selector(signature: str) -> bytes:
    return keccak(signature.encode())[:4]


@pytest.fixture
def scene() -> Scene:
    """A shard with the universal contracts of the development chain."""
    genesis = read("devnet.json")
    prepared = Scene(universal=genesis.universal)
    for recipient in genesis.universal:
        entry = genesis.accounts(ShardId(0))[recipient]
        slots = {int.from_bytes(slot, "big"): word for slot, word in entry.storage.items()}
        prepared.contract(recipient, entry.code, storage=slots)
    return prepared


def ask(scene: Scene, to: Recipient, signature: str, arguments: bytes = b"") -> Done:
    return scene.execute(to, data=selector(signature) + arguments)


def test_everybody_has_the_keys_of_the_development_chain() -> None:
    genesis = read("devnet.json")
    recipients = [recipient_of(key) for key in derive_keys(TEST_MNEMONIC, 10)]
    assert recipients[0].hex() == "f39fd6e51aad88f6f4ce6ab8827279cfffb92266"
    assert set(genesis.alloc) == set(recipients)
    assert {entry.balance for entry in genesis.alloc.values()} == {10_000 * ETHER}
    assert genesis.chain_id == CHAIN_ID


def test_the_two_chains_are_different_but_for_the_universal_contracts() -> None:
    devnet, testnet = read("devnet.json"), read("testnet.json")
    assert devnet.universal_contracts == testnet.universal_contracts
    assert devnet.chain_id != testnet.chain_id
    assert devnet.hash != testnet.hash
    assert not devnet.alloc.keys() & testnet.alloc.keys()


def test_the_universal_contracts_are_the_published_ones() -> None:
    contracts = read("devnet.json").universal_contracts
    hashes = {recipient: keccak(entry.code).hex() for recipient, entry in contracts.items()}
    creator = hashes.pop(SENDER_CREATOR)
    assert hashes == CODE_HASHES
    assert creator not in CODE_HASHES.values()


@pytest.mark.parametrize("factory", [DEPLOYMENT_PROXY, SAFE_FACTORY])
def test_a_factory_deploys_where_create2_says(scene: Scene, factory: Recipient) -> None:
    salt = b"\x07" * 32
    done = scene.execute(factory, data=salt + ONE_BYTE_INIT_CODE)
    created = Recipient(keccak(b"\xff" + factory + salt + keccak(ONE_BYTE_INIT_CODE))[12:])
    assert done.output == created
    assert scene.journal.code(created) == b"\x01"


def test_multicall_calls_several(scene: Scene) -> None:
    calls = [
        (MULTICALL, False, selector("getChainId()")),
        (MULTICALL, False, selector("getEthBalance(address)") + encode(["address"], [SENDER])),
        (ENTRY_POINT, True, b"\xff\xff\xff\xff"),
    ]
    arguments = encode(["(address,bool,bytes)[]"], [calls])
    done = ask(scene, MULTICALL, "aggregate3((address,bool,bytes)[])", arguments)
    ((chain_id, balance, failed),) = decode(["(bool,bytes)[]"], done.output)
    assert chain_id == (True, CHAIN_ID.to_bytes(32, "big"))
    assert balance[0]
    assert 0 < int.from_bytes(balance[1], "big") < ETHER
    assert not failed[0]


def test_permit2_knows_this_chain(scene: Scene) -> None:
    domain = keccak(b"EIP712Domain(string name,uint256 chainId,address verifyingContract)")
    fields = [domain, keccak(b"Permit2"), CHAIN_ID, PERMIT]
    expected = keccak(encode(["bytes32", "bytes32", "uint256", "address"], fields))
    assert ask(scene, PERMIT, "DOMAIN_SEPARATOR()").output == expected


def test_the_entry_point_keeps_deposits_and_nonces(scene: Scene) -> None:
    owner = encode(["address"], [SENDER])
    deposited = scene.execute(ENTRY_POINT, data=selector("depositTo(address)") + owner, value=5)
    assert deposited.status == 1
    assert ask(scene, ENTRY_POINT, "balanceOf(address)", owner).output == (5).to_bytes(32, "big")
    nonce = encode(["address", "uint192"], [SENDER, 3])
    answer = ask(scene, ENTRY_POINT, "getNonce(address,uint192)", nonce).output
    assert int.from_bytes(answer, "big") == 3 << 64


def test_the_entry_point_finds_its_sender_creator(scene: Scene) -> None:
    factory = Recipient(b"\xfa" * 20)
    scene.contract(factory, bytes.fromhex("604260005260206000f3"))  # returns 0x42
    arguments = encode(["bytes"], [factory + b"call"])
    done = ask(scene, ENTRY_POINT, "getSenderAddress(bytes)", arguments)
    assert done.output == selector("SenderAddressResult(address)") + (0x42).to_bytes(32, "big")
