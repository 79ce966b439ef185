"""A real cluster: the launcher, its processes, and wallets that don't know what they talk to."""
