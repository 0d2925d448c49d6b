"""How fast Rowlock sells seats, as ratios to the same transaction in pgbench (see README.md)."""
