"""The same small world in three EVMs: ours, revm and stock py-evm, all under Prague.

Gas is free in it and nobody is paid, so that what remains to compare is what the EVM did.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import pyrevm
from eth.constants import BLANK_ROOT_HASH
from eth.db.atomic import AtomicDB
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.prague import PragueState
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth_keys import keys

from quarkparsec.chain.access_list import AccessList
from quarkparsec.chain.transaction import Transaction
from quarkparsec.crypto.keccak import keccak
from quarkparsec.runners.evm.executor import execute
from quarkparsec.state.place import Place
from quarkparsec.types import Recipient, ShardId, Slot
from tests.conformance.one_key import OneKeyJournal
from tests.runners.assembler import assemble
from tests.runners.scene import CHAIN_ID, COINBASE, ETHER, KEY, Scene
from tests.runners.scene import done as ended

SECRET = keys.PrivateKey(b"\x11" * 32)
SENDER = Recipient(SECRET.public_key.to_canonical_address())
SLOTS = range(3)
"""Whose words are compared."""


class Sending(NamedTuple):
    """One transaction of SENDER."""

    to: bytes | None
    data: bytes
    value: int
    gas_limit: int
    access_list: AccessList = ()


class Ending(NamedTuple):
    """What anybody can see of how a transaction ended."""

    succeeded: bool
    gas_used: int
    output: bytes
    logs: tuple[tuple[bytes, tuple[bytes, ...], bytes], ...]
    storage: dict[bytes, tuple[int, ...]]
    balances: dict[bytes, int]


class World(Protocol):
    def send(self, sending: Sending) -> Ending:
        """Run a transaction on what the earlier ones left."""


class Ours:
    """Our executor over a journal."""

    def __init__(self, contracts: Mapping[bytes, bytes]) -> None:
        self.contracts = contracts
        self.scene = Scene(base_fee=0)
        self.scene.journal = OneKeyJournal(self.scene.state, Place(ShardId(0), 1))
        self.scene.state.put(SENDER, ETHER)
        for recipient, code in contracts.items():
            self.scene.contract(Recipient(recipient), code)

    def send(self, sending: Sending) -> Ending:
        done = ended(
            execute(self.scene.journal, self._transaction(sending), KEY, self.scene.block)
        )
        watched = [Recipient(recipient) for recipient in self.contracts]
        return Ending(
            done.status == 1,
            done.gas_used,
            done.output,
            tuple((log.recipient, log.topics, log.data) for log in done.logs),
            {at: tuple(self.scene.slot(at, slot) for slot in SLOTS) for at in watched},
            {at: self.scene.entry(at).balance for at in watched},
        )

    def _transaction(self, sending: Sending) -> Transaction:
        return self.scene.transaction(
            Recipient(sending.to) if sending.to else None,
            sender=SENDER,
            nonce=self.scene.entry(SENDER).nonce,
            data=sending.data,
            value=sending.value,
            gas_limit=sending.gas_limit,
            max_fee_per_gas=0,
            max_priority_fee_per_gas=0,
            access_list=sending.access_list,
        )


class Revm:
    """revm through pyrevm, for one transaction: it keeps what was warm.

    Its message call neither counts the sender's nonce nor creates.
    """

    def __init__(self, contracts: Mapping[bytes, bytes]) -> None:
        self.contracts = contracts
        block = Scene(base_fee=0).block
        environment = pyrevm.Env(
            block=pyrevm.BlockEnv(
                number=block.number,
                coinbase=_hex(COINBASE),
                timestamp=block.timestamp,
                basefee=0,
                gas_limit=block.gas_limit,
                prevrandao=block.prevrandao,
                difficulty=0,
                excess_blob_gas=0,
            ),
            cfg=pyrevm.CfgEnv(chain_id=CHAIN_ID),
        )
        self.evm = pyrevm.EVM(spec_id="PRAGUE", env=environment, gas_limit=block.gas_limit)
        self.evm.set_balance(_hex(SENDER), ETHER)
        for recipient, code in contracts.items():
            info = pyrevm.AccountInfo(code=code, nonce=1)
            self.evm.insert_account_info(_hex(recipient), info)
        self._warm_bls_precompiles()

    def _warm_bls_precompiles(self) -> None:
        """This build lacks them, so their addresses would be cold. What a first call warms stays warm."""
        looks = " ".join(f"{number} BALANCE" for number in range(0x0B, 0x12))
        looker = b"\x77" * 20
        info = pyrevm.AccountInfo(code=assemble(f"{looks} STOP"))
        self.evm.insert_account_info(_hex(looker), info)
        self.evm.message_call(_hex(SENDER), _hex(looker))

    def send(self, sending: Sending) -> Ending:
        assert sending.to is not None
        assert not sending.access_list
        try:
            output = self.evm.message_call(
                _hex(SENDER),
                _hex(sending.to),
                calldata=sending.data,
                value=sending.value,
                gas=sending.gas_limit,
                gas_price=0,
            )
        except RuntimeError:  # failed; what it reverted with isn't told
            output = b""
        result = self.evm.result
        assert result is not None
        return Ending(
            result.is_success,
            max(result.gas_used, floor(sending.data)),  # its message call leaves EIP-7623 out
            bytes(output),
            tuple(_revm_log(log) for log in result.logs) if result.is_success else (),
            {
                at: tuple(self.evm.storage(_hex(at), slot) for slot in SLOTS)
                for at in self.contracts
            },
            {at: self.evm.get_balance(_hex(at)) for at in self.contracts},
        )


class PyEvm:
    """py-evm as it comes: its own account database, opcode loop and transaction executor."""

    def __init__(self, contracts: Mapping[bytes, bytes]) -> None:
        self.contracts = contracts
        block = Scene(base_fee=0).block
        hashes = [keccak(str(number).encode()) for number in range(block.number - 1, -1, -1)]
        context = ExecutionContext(
            COINBASE,
            block.timestamp,
            block.number,
            0,
            block.prevrandao,
            block.gas_limit,
            hashes,
            CHAIN_ID,
            0,
            0,
        )
        self.state = PragueState(AtomicDB(), context, BLANK_ROOT_HASH)
        self.state.set_balance(SENDER, ETHER)
        for recipient, code in contracts.items():
            self.state.set_code(recipient, code)
            self.state.set_nonce(recipient, 1)
        self.state.lock_changes()

    def send(self, sending: Sending) -> Ending:
        transaction = self._transaction(sending)
        executor = self.state.get_transaction_executor()
        message = executor.build_evm_message(transaction)
        computation = executor.build_computation(message, transaction)
        used = sending.gas_limit - computation.get_gas_remaining()
        used -= min(computation.get_gas_refund(), used // 5)
        executor.finalize_computation(transaction, computation)
        self.state.lock_changes()
        self.state.clear_transient_storage()
        return Ending(
            computation.is_success,
            max(used, floor(sending.data)),
            computation.output,
            tuple(
                (account, tuple(topic.to_bytes(32, "big") for topic in topics), data)
                for account, topics, data in computation.get_log_entries()
            ),
            {
                at: tuple(self.state.get_storage(at, slot) for slot in SLOTS)
                for at in self.contracts
            },
            {at: self.state.get_balance(at) for at in self.contracts},
        )

    def _transaction(self, sending: Sending) -> Any:
        access_list = [
            (recipient, [int.from_bytes(slot, "big") for slot in slots])
            for recipient, slots in sending.access_list
        ]
        unsigned = PragueTransactionBuilder.new_unsigned_dynamic_fee_transaction(
            CHAIN_ID,
            self.state.get_nonce(SENDER),
            0,
            0,
            sending.gas_limit,
            sending.to or b"",
            sending.value,
            sending.data,
            access_list,
        )
        return unsigned.as_signed_transaction(SECRET)


def floor(data: bytes) -> int:
    """The least gas that a transaction pays for (EIP-7623)."""
    return 21_000 + sum(10 if byte == 0 else 40 for byte in data)


def slot(number: int) -> Slot:
    return Slot(number.to_bytes(32, "big"))


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _revm_log(log: Any) -> tuple[bytes, tuple[bytes, ...], bytes]:
    topics, data = log.data
    return _octets(log.address), tuple(_octets(topic) for topic in topics), bytes(data)


def _octets(value: Any) -> bytes:
    return bytes.fromhex(value[2:]) if isinstance(value, str) else bytes(value)
