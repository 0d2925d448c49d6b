"""A link's token is derived from its mail, works for its kind only, and cannot be made up."""

import base64
import uuid
from pathlib import Path

import pytest

from accounts.domain.mails import LINKING_KINDS, LinkInvalid, MailKind
from accounts.storage.links import TOKEN_CHARS, link_token, mail_request_of
from chassis.fingerprints import Fingerprints
from support.tokens import SigningKeys

REQUEST = uuid.UUID("0192f0c1-7d57-7c39-9a53-2f6b8f0f5a11")
KIND = MailKind.PASSWORD_RESET


@pytest.fixture
def fingerprints(tmp_path: Path) -> Fingerprints:
    return Fingerprints.load(SigningKeys.create(tmp_path).lookup_key)


@pytest.mark.parametrize("kind", sorted(LINKING_KINDS))
def test_a_token_names_its_mail_and_no_other_kind_of_it(fingerprints: Fingerprints, kind: MailKind) -> None:
    token = link_token(fingerprints, kind=kind, mail_request_id=REQUEST)

    assert len(token) == TOKEN_CHARS
    assert mail_request_of(fingerprints, kind=kind, token=token) == REQUEST
    for other in LINKING_KINDS - {kind}:
        with pytest.raises(LinkInvalid):
            mail_request_of(fingerprints, kind=other, token=token)


def test_no_bit_of_a_token_can_be_changed(fingerprints: Fingerprints) -> None:
    content = base64.urlsafe_b64decode(link_token(fingerprints, kind=KIND, mail_request_id=REQUEST))
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= 1
        with pytest.raises(LinkInvalid):
            mail_request_of(fingerprints, kind=KIND, token=base64.urlsafe_b64encode(changed).decode())


@pytest.mark.parametrize(
    "token", ["", "A", "AAAA", "A" * 64, "A" * 60, "A" * 68, "ä" * 64, "+/" * 32, "\n" * 64]
)
def test_what_is_no_token_is_refused(fingerprints: Fingerprints, token: str) -> None:
    with pytest.raises(LinkInvalid):
        mail_request_of(fingerprints, kind=KIND, token=token)


def test_another_lookup_key_makes_other_tokens(fingerprints: Fingerprints, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Fingerprints.load(SigningKeys.create(tmp_path / "other").lookup_key)
    with pytest.raises(LinkInvalid):
        mail_request_of(fingerprints, kind=KIND, token=link_token(other, kind=KIND, mail_request_id=REQUEST))
