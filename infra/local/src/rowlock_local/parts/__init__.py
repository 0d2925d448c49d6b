"""The parts of a local system, one module each; each says how it is prepared, started and known to be ready."""
