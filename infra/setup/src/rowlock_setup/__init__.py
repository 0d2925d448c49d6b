"""Prepares a system of containers before its services start."""
