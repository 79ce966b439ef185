"""Keys from a mnemonic, as wallets make them: BIP-39 seed, BIP-32 derivation, path m/44'/60'/0'/0/i.

Only for the well-known test mnemonic of development chains, whose keys everybody has. The node signs
nothing and holds no key.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from coincurve import PrivateKey

from quarkparsec.crypto.keccak import keccak
from quarkparsec.crypto.signatures import CURVE_ORDER
from quarkparsec.types import Recipient

TEST_MNEMONIC: Final = "test test test test test test test test test test test junk"
"""What anvil and hardhat use, too."""

_SEED_ROUNDS: Final = 2048
_HARDENED: Final = 2**31
_ACCOUNT_PATH: Final = (_HARDENED + 44, _HARDENED + 60, _HARDENED, 0)


def derive_keys(mnemonic: str, count: int) -> list[bytes]:
    """The first `count` private keys, 32 bytes each."""
    seed = hashlib.pbkdf2_hmac("sha512", mnemonic.encode(), b"mnemonic", _SEED_ROUNDS)
    node = hmac.digest(b"Bitcoin seed", seed, "sha512")
    for index in _ACCOUNT_PATH:
        node = _child(node, index)
    return [_child(node, index)[:32] for index in range(count)]


def recipient_of(private_key: bytes) -> Recipient:
    """Whose key it is."""
    public_key = PrivateKey(private_key).public_key.format(compressed=False)
    return Recipient(keccak(public_key[1:])[12:])


def _child(node: bytes, index: int) -> bytes:
    """BIP-32's private child derivation; a node is key ‖ chain code."""
    key, chain_code = node[:32], node[32:]
    public = PrivateKey(key).public_key.format()
    data = (b"\0" + key if index >= _HARDENED else public) + index.to_bytes(4, "big")
    digest = hmac.digest(chain_code, data, "sha512")
    tweaked = (int.from_bytes(digest[:32], "big") + int.from_bytes(key, "big")) % CURVE_ORDER
    return tweaked.to_bytes(32, "big") + digest[32:]
