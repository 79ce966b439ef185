"""The hexary Merkle-Patricia trie, batched and keyed by path (Yellow Paper, appendix D).

nibbles      paths as bytes of 0..15, and their hex-prefix encoding
nodes        leaf, extension, branch; their encoding, strict both ways
node_source  a node by reference and path: from the cache, or read and checked against its hash
trie         one trie at one root: get, prove, update
update       how many changes at once become a new root, and what to write and delete
building     a subtree from nothing
ordered      the root of a list: transactions, receipts
"""
