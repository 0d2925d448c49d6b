"""The `rowlock` command: what operators run."""
