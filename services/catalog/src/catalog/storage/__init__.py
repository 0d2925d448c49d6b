"""How catalog keeps its state in PostgreSQL."""
