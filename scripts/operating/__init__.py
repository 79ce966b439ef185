"""What an operator does with a running cluster, through its admin port."""
