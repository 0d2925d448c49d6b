"""The rules of catalog in plain Python: no clock, no I/O."""
