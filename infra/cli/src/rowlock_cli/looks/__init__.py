"""Looks at the parts of a running system, for `rowlock status` and `rowlock doctor`. They change nothing."""
