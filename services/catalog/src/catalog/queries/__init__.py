"""What catalog can be asked: one SELECT each."""
