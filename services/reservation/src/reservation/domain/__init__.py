"""Plain rules of seats and holds: no framework, no clock, no I/O."""
