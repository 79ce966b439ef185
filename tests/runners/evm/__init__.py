"""Mirrors quarkparsec/runners/evm."""
