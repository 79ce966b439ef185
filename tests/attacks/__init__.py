"""Everything hostile that can be sent to a running cluster's ports, and proof that it is unharmed."""
