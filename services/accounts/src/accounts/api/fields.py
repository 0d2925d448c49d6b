"""Kinds of text people may send. The patterns stand in the OpenAPI, so clients can check them too."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints, TypeAdapter

from accounts.domain.passwords import (
    PASSWORD_CHARS_MAX,
    PASSWORD_CHARS_MIN,
    acceptable_password,
    normalised_password,
)
from chassis.fingerprints import normalised_email

# No control characters: names and devices are shown in mails and lists.
_PRINTABLE = r"^[^\u0000-\u001f\u007f-\u009f]+$"
# One @, no blanks or quoting around it, and a domain of at least two labels. Whether the address
# exists only a mail can tell; this catches slips and anything that could break a mail header.
_LOCAL_PART = r"[^\s@<>()\[\],:;\"\\\u0000-\u001f\u007f-\u009f]{1,64}"
_LABEL = r"[^\s@.,:;\"\\/()<>\[\]_\u0000-\u001f\u007f-\u009f]{1,63}"
_EMAIL = rf"^{_LOCAL_PART}@{_LABEL}(\.{_LABEL})+$"
EMAIL_CHARS_MAX = 254


def _email(text: str) -> str:
    """Mail goes to the spelling that accounts are found by: otherwise the owner of an address that
    only looks the same after normalising could verify somebody else's.
    """
    email = normalised_email(text)
    if not email.isprintable():
        raise ValueError("an e-mail address has no invisible characters")
    if len(email) > EMAIL_CHARS_MAX:
        raise ValueError(f"an e-mail address has at most {EMAIL_CHARS_MAX} characters")
    return email


Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=EMAIL_CHARS_MAX, pattern=_EMAIL),
    AfterValidator(_email),
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=_PRINTABLE)
]
NewPassword = Annotated[
    str,
    StringConstraints(min_length=PASSWORD_CHARS_MIN, max_length=PASSWORD_CHARS_MAX),
    AfterValidator(acceptable_password),
]
# One that is only compared: whatever was once allowed.
Password = Annotated[
    str, StringConstraints(min_length=1, max_length=PASSWORD_CHARS_MAX), AfterValidator(normalised_password)
]
Token = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]

# For what people type elsewhere than in a request: `EMAIL.validate_python(text)` raises ValueError.
EMAIL: TypeAdapter[str] = TypeAdapter(Email)
NAME: TypeAdapter[str | None] = TypeAdapter(Name | None)
NEW_PASSWORD: TypeAdapter[str] = TypeAdapter(NewPassword)
