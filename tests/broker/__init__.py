"""Mirrors `quarkparsec/broker`."""
