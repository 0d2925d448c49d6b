"""One file a verb. A use case that takes `tx` runs in the caller's transaction and never commits."""
