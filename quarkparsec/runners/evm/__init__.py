"""The EVM runner: py-evm's rules over our journal."""
