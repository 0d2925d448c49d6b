"""Guests: who they are, as far as a hold knows. A guest has no identity, only the secrets they were given.

A guest's hold belongs to a hash of its Idempotency-Key. So the same request again, from wherever, finds
the same hold, and nobody who does not know the key does. The key itself is stored nowhere, and the
hash is no right to anything: only the hold token is.
"""

import hashlib

from reservation.domain.errors import IdempotencyKeyGuessable

KEY_CHARS_MIN = 22  # 128 random bits in base64url; a UUID has 36
NO_KEY = ""
"""What a guest's hold has in the place of a key."""
_GUEST = "guest:"


def guest_id(idempotency_key: str) -> str:
    """Whom a guest's hold belongs to. Raises IdempotencyKeyGuessable."""
    if len(idempotency_key) < KEY_CHARS_MIN:
        raise IdempotencyKeyGuessable(chars_min=KEY_CHARS_MIN)
    return _GUEST + hashlib.sha256(idempotency_key.encode()).hexdigest()


def is_guest(buyer_id: str) -> bool:
    """Whether nobody's identity is a right to what belongs to this buyer."""
    return buyer_id.startswith(_GUEST)
