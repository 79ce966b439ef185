"""A load generator for any Ethereum JSON-RPC endpoint.

endpoint     HTTP with keep-alive, single calls and batches
placement    which accounts live on which shard, and who therefore may pay whom
workload     what a load consists of; payments, hot_spots and payouts are kinds of it
casting      how much each fresh sender sends
funding      contracts are created, and senders get money, on the shard where they live
preparation  all of that, and everything signed, before the clock starts
sending      many requests in flight, each sender's nonces in order
following    the chain is followed by its blocks until it holds every transaction
probing      single transactions, from their sending to their receipt
checking     after the clock: every receipt's status, every sender's nonce
session      one load test from beginning to end
"""
