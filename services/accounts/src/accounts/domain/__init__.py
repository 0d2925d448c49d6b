"""Plain Python: what an account is and the rules of it. No framework, clock or I/O."""
