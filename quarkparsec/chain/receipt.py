"""What a transaction did, as the receipts trie commits to it and as the node keeps it.

The *consensus* encoding (EIP-658, EIP-2718) is `type ‖ rlp([status, cumulative gas used, bloom, logs])`,
without the type byte for legacy transactions. The *stored* encoding adds what clients ask for and the
chain does not commit to (gas used, the price paid, the created contract), and leaves out the bloom,
which follows from the logs.
"""

from __future__ import annotations

from typing import NamedTuple

from quarkparsec.chain.bloom import bloom
from quarkparsec.chain.log import Log
from quarkparsec.codec import rlp
from quarkparsec.errors import InvalidInput
from quarkparsec.types import RECIPIENT_BYTES, Gas, Recipient, Wei


class Receipt(NamedTuple):
    """One executed transaction. `cumulative_gas_used` counts from the start of the shard block."""

    type: int
    status: int
    """1 if the transaction succeeded, 0 if it was undone and only paid for."""
    cumulative_gas_used: Gas
    bloom: bytes
    logs: tuple[Log, ...]
    gas_used: Gas
    effective_gas_price: Wei
    contract: Recipient | None
    """The contract that a creation made."""

    def encode(self) -> bytes:
        """The consensus encoding."""
        body = rlp.wrap_list(
            rlp.encode_scalar(self.status)
            + rlp.encode_scalar(self.cumulative_gas_used)
            + rlp.encode_bytes(self.bloom)
            + _encode_logs(self.logs)
        )
        return bytes((self.type,)) + body if self.type else body

    def encode_stored(self) -> bytes:
        """Everything that the node keeps of a receipt."""
        return rlp.wrap_list(
            rlp.encode_scalar(self.type)
            + rlp.encode_scalar(self.status)
            + rlp.encode_scalar(self.cumulative_gas_used)
            + rlp.encode_scalar(self.gas_used)
            + rlp.encode_scalar(self.effective_gas_price)
            + rlp.encode_bytes(self.contract or b"")
            + _encode_logs(self.logs)
        )

    @classmethod
    def decode_stored(cls, encoded: bytes) -> Receipt:
        """Read what `encode_stored` wrote. Raises InvalidInput for anything else."""
        fields = rlp.decode_list(encoded)
        if len(fields) != 7:
            raise InvalidInput("a stored receipt has seven fields")
        kind, status, cumulative_gas_used, gas_used, price, contract, logs_item = fields
        logs = _decode_logs(logs_item)
        return cls(
            rlp.scalar(kind, bits=8),
            rlp.scalar(status, bits=8),
            Gas(rlp.scalar(cumulative_gas_used, bits=64)),
            bloom(logs),
            logs,
            Gas(rlp.scalar(gas_used, bits=64)),
            Wei(rlp.scalar(price)),
            _decode_contract(contract),
        )


def _encode_logs(logs: tuple[Log, ...]) -> bytes:
    return rlp.encode_sequence([log.encode() for log in logs])


def _decode_logs(item: rlp.Item) -> tuple[Log, ...]:
    if not isinstance(item, list):
        raise InvalidInput("logs are a list")
    return tuple(map(Log.from_item, item))


def _decode_contract(item: rlp.Item) -> Recipient | None:
    if not isinstance(item, bytes) or len(item) not in (0, RECIPIENT_BYTES):
        raise InvalidInput("a created contract has 20 bytes")
    return Recipient(item) if item else None
