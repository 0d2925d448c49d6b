"""What no process takes with ROWLOCK_MODE=production: the passwords that are written in our own files."""

from urllib.parse import unquote, urlsplit

# compose.yaml's, and RabbitMQ's own.
DEVELOPMENT_PASSWORDS = frozenset({"rowlock-development", "guest"})


def has_development_password(url: str) -> bool:
    """Whether the URL carries a password that everybody can read."""
    return unquote(urlsplit(url).password or "") in DEVELOPMENT_PASSWORDS
