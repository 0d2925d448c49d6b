"""Tokens of one-time links: derived from the mail they belong to, so that no table holds one.

    base64url( mail_request_id (16 bytes) | HMAC-SHA256 under the lookup key (32 bytes) )

The kind of mail is part of what is authenticated: a token that verifies an e-mail resets no password.
"""

import binascii
import hmac
from base64 import b64decode, urlsafe_b64encode
from uuid import UUID

from accounts.domain.mails import LinkInvalid, MailKind
from chassis.fingerprints import Fingerprints

ID_BYTES = 16
MAC_BYTES = 32
TOKEN_CHARS = 64
_PURPOSE = "accounts.link"


def link_token(fingerprints: Fingerprints, *, kind: MailKind, mail_request_id: UUID) -> str:
    """The token behind the `#` of a mail's link, 64 characters."""
    mac = _mac(fingerprints, kind, mail_request_id)
    return urlsafe_b64encode(mail_request_id.bytes + mac).decode()


def mail_request_of(fingerprints: Fingerprints, *, kind: MailKind, token: str) -> UUID:
    """The mail a token was made for. Raises LinkInvalid for one we never made."""
    try:
        content = b64decode(token, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise LinkInvalid from None
    if len(content) != ID_BYTES + MAC_BYTES:
        raise LinkInvalid
    mail_request_id = UUID(bytes=content[:ID_BYTES])
    if not hmac.compare_digest(content[ID_BYTES:], _mac(fingerprints, kind, mail_request_id)):
        raise LinkInvalid
    return mail_request_id


def _mac(fingerprints: Fingerprints, kind: MailKind, mail_request_id: UUID) -> bytes:
    return fingerprints.digest(_PURPOSE, kind.encode(), mail_request_id.bytes)
