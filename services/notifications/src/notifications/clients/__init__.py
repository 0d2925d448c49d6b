"""What is not ours: the services that own the facts, and the mail server."""
