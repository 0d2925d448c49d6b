"""The tables and what is written to them."""
