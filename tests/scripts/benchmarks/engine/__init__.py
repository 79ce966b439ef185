"""The engine beside py-evm."""
