"""The whole cluster in one thread: seeded, with virtual time, a faulty network and crashing disks."""
