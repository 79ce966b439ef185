"""Mirrors quarkparsec/trie."""
