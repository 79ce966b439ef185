"""The books of a cluster, checked against one another by whoever doubts the cluster.

Nothing here takes part in an epoch. The databases of all shards and of the master are read at rest, and
what they say is computed again: hashes, roots, sums, and on request every block since genesis.

    root_chain   root blocks follow one another and say what their shards did
    reading      a block out of a shard's rows
    bodies       a shard block's body is what its header commits to
    legs         what one shard's block says about others, theirs say, too
    tables       a shard's flat tables give the state root and the shard's part of the supply
    replaying    a shard's blocks, run again from genesis, give the same headers
    money        balances and pending fees are the supply; a shard gains what its legs say
    auditor      all of it, for the epochs that somebody asks for
"""
