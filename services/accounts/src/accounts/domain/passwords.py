"""What may be a password: length is all that is asked of it (NIST SP 800-63B, OWASP)."""

import unicodedata

PASSWORD_CHARS_MIN = 12
PASSWORD_CHARS_MAX = 128


class PasswordNotAllowed(ValueError):
    """The password is too short or too long."""


def normalised_password(text: str) -> str:
    """NFKC, so that it is the same on every keyboard."""
    return unicodedata.normalize("NFKC", text)


def acceptable_password(text: str) -> str:
    """The normalised password; raises PasswordNotAllowed for one that may not be chosen."""
    password = normalised_password(text)
    if not PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX:
        raise PasswordNotAllowed(f"a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters")
    return password
