"""What accounts does not own: Argon2, and the other services."""
