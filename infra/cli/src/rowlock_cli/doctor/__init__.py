"""`rowlock doctor`: what is misconfigured, by which setting, and what to do."""
