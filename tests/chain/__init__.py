"""Mirrors `quarkparsec/chain`."""
