"""The shard: its pool, the lanes of an epoch, the machine that takes part in epochs."""
