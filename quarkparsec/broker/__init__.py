"""Cross-shard transactions: so far the directory that says where a contract lives."""
