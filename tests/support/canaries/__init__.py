"""Canaries: secrets that a test lets loose everywhere, to see afterwards where one came to rest."""
