"""What it costs to double the shards of a cluster under load.

accounts   a chain that begins with many accounts
watching   when each root block was heard of
gaps       what that says of a split
disk       how much room the databases take
measuring  a cluster, a load, one doubling after the other
command    the command line
"""
