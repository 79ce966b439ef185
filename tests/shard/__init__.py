"""Tests of quarkparsec/shard."""
