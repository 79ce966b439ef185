"""What clients are shown: blocks, transactions, receipts and logs as execution-apis describes them."""
