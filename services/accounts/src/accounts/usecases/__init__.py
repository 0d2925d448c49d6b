"""What can be done with an account: one file a verb, each working in the caller's transaction."""
