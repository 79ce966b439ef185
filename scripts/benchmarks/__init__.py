"""What the load test and the benchmarks measure with. Nothing of the node imports it."""
