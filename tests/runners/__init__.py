"""Mirrors quarkparsec/runners."""
