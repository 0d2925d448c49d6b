"""Plain Python: what an order is, where it may go, and the rules. No framework, clock or I/O."""
