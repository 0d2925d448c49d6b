"""The parts of a local system: how each is prepared, started and known to be ready."""
