"""The schema `orders` and everything that writes it."""
