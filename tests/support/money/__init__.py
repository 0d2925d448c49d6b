"""A payment provider as the tests imagine it, and the rules of a story about money."""
