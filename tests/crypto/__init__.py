"""Mirrors `quarkparsec/crypto`."""
