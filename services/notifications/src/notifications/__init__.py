"""Turns messages into e-mail: one mail for one cause, recorded without personal data."""
