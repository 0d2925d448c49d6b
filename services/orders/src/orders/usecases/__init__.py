"""What can be done with an order: one file a verb, each working in the caller's transaction."""
