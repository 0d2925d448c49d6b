"""What people and other services read."""
