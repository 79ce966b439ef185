"""What the load test and the benchmarks measure with."""
