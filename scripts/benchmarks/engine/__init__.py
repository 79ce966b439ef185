"""QuarkParsec's engine beside stock py-evm: the same work, the same transactions, one process each in turn.

scenario    accounts and signed blocks, the same for both
ours        QuarkParsec's pipeline
stock       py-evm's own, on its own account database
pipeline    blocks through both, and a check that both came to the same receipts
ordering    lane 1 through the ordering machine beside the runner in a plain loop
tries       batched trie updates beside trie's HexaryTrie
reads       state reads beside py-evm's AccountDB
comparison  what was measured, as a table and as JSON
"""

import cluster as cluster  # chooses the native keccak, before py-evm looks for one
