"""What a chain is made of: transactions, receipts, headers, blocks, fees, genesis."""
