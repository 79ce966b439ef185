"""The benchmarks across shards."""
