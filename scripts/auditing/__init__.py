"""The operator's side of an audit: copies of the databases, and a report for people and programs."""
