"""The trie: nodes, batched update, proofs."""
