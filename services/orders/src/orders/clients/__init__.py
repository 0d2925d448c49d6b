"""What is not ours: the payment providers."""
