"""Mirrors `quarkparsec/codec`."""
