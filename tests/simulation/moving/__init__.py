"""Shards that move, in one thread: the real machines of master and slaves, links that break, disks."""
