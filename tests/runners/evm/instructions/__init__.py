"""Mirrors quarkparsec/runners/evm/instructions."""
