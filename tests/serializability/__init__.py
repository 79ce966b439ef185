"""Whether a cluster did what one chain would have done: checkers that need nothing but databases.

`history` reads what a cluster committed; `replicas` execute it again and note what each leg touched; `ledgers`
compares what the shards say of each other; `conflicts` looks for an order; `plain_chain` runs everything in
that order in a plain EVM.
"""
