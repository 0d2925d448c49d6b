"""The schema `notifications` and everything that writes it."""
