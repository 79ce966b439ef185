"""Tests of quarkparsec/root."""
