"""Mirrors quarkparsec/runners/evm/precompiles."""
