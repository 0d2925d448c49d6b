"""What tests lean on: real parts, clean databases, tokens, waiting with a deadline, counting queries."""
