"""Mirrors quarkparsec/state."""
