"""Kinds of text a buyer may send. The patterns stand in the OpenAPI, so clients can check them too."""

from typing import Annotated

from pydantic import StringConstraints

# No control characters: names are printed on tickets and go into mail headers.
_PRINTABLE = r"^[^\u0000-\u001f\u007f-\u009f]+$"

# One @, no blanks or quoting around it, and a domain of at least two labels. Whether the address
# exists only a mail can tell; this catches slips and anything that could break a mail header.
_LOCAL_PART = r"[^\s@<>()\[\],:;\"\\\u0000-\u001f\u007f-\u009f]{1,64}"
_LABEL = r"[^\s@.,:;\"\\/()<>\[\]_\u0000-\u001f\u007f-\u009f]{1,63}"
_EMAIL = rf"^{_LOCAL_PART}@{_LABEL}(\.{_LABEL})+$"

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=_PRINTABLE)
]
Email = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254, pattern=_EMAIL)]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 ()./-]{2,29}$")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PRINTABLE)]
Reference = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[!-~ ]+$")
]
# Whether it leads where it may is a rule of its own.
ReturnUrl = Annotated[str, StringConstraints(max_length=2000, pattern=r"^(https?://|/)[!-~]*$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
# Only its length: which eleven digits are a PESEL, and whether one is asked for, is a rule of the domain.
PeselText = Annotated[str, StringConstraints(min_length=1, max_length=32)]
