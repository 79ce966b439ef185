"""Whether a cluster did what one chain would have done.

From the outside: `append_*` asks whether some serial order explains what clients did and saw.

From the inside, with nothing but databases: `replicas` execute again what a cluster has committed, and note
what each leg touched; `matching` compares what the shards say of each other; `conflicts` looks for an order;
`comparison` runs everything in that order on one `plain_chain`; `audit` does all of it.
"""
