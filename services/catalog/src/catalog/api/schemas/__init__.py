"""What travels in requests and answers."""
