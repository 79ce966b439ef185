"""Keys are those that every other wallet derives."""

from __future__ import annotations

from eth_account import Account

from quarkparsec.crypto.mnemonic import TEST_MNEMONIC, derive_keys, recipient_of


def test_the_test_mnemonic_gives_the_accounts_of_anvil_and_hardhat() -> None:
    Account.enable_unaudited_hdwallet_features()
    for index, key in enumerate(derive_keys(TEST_MNEMONIC, 10)):
        wallet = Account.from_mnemonic(TEST_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
        assert (key, "0x" + recipient_of(key).hex()) == (bytes(wallet.key), wallet.address.lower())
