"""The state of one shard: accounts, the journal of an open epoch, tables, history, proofs."""
