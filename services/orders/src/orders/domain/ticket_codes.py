"""Ticket codes: what an entrance reads. Crockford's base32, so O/0 and I/1 cannot be confused."""

TICKET_CODE_BYTES = 10
"""80 random bits: guessing one of a million valid codes takes 2^60 tries on average."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUP = 4


def ticket_code(random: bytes) -> str:
    """Write 10 random bytes as four groups of four, e.g. `7ZQ4-K0M2-9XVB-3HDT`."""
    if len(random) != TICKET_CODE_BYTES:
        raise ValueError(f"a ticket code is made of {TICKET_CODE_BYTES} bytes")
    number = int.from_bytes(random, "big")
    letters = "".join(_ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))
