"""What merchants ask, and what tests switch."""
