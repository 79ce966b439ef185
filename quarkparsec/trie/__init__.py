"""The hexary Merkle-Patricia trie, batched and keyed by path (Yellow Paper, appendix D).

nibbles   paths as bytes of 0..15, and their hex-prefix encoding
nodes     leaf, extension, branch; their encoding, strict both ways
loading   a node by reference and path: from the cache, or read and checked against its hash
update    many changes at once: new root, and what to write and delete
building  a subtree from nothing
proofs    the nodes that prove a value, or that there is none
ordered   the root of a list: transactions, receipts
"""
