"""Who the demo is about: an organization and two people with accounts, made as an operator makes them.

They are made beside the gateway, by the use cases of accounts that the `rowlock` command runs, because a
demo cannot read mail to verify an address. Everything else the demo does goes through the gateway.
"""

import os
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError

from accounts.clients.passwords import Passwords
from accounts.commands.process import Process, work_with
from accounts.commands.signing import mint
from accounts.domain.account import Account
from accounts.domain.organizations import Organization
from accounts.domain.roles import Role
from accounts.usecases.change_role import grant_role
from accounts.usecases.create_account import EmailTaken, create_account
from accounts.usecases.create_organization import OrganizationExists, create_organization
from chassis.clock import utc_now
from chassis.ids import new_id
from chassis.private_files import write_private
from messages.catalog import FIRST_ORGANIZATION_ID
from rowlock_cli.environment import home
from rowlock_demo.surprise import Surprise

R = TypeVar("R")

PASSWORD_SETTING = "ROWLOCK_DEMO_PASSWORD"  # noqa: S105 -- the name of one
PASSWORD_BYTES = 12


@dataclass(frozen=True, kw_only=True)
class DemoAccount:
    """Somebody whose password the demo knows."""

    email: str
    name: str


ORGANIZATION = "Rowlock Demo"
ORGANIZER = DemoAccount(email="organizer@demo.example", name="Olga Nowicka")
BUYER = DemoAccount(email="buyer@demo.example", name="Bruno Lis")


def password_file() -> Path:
    """Where the password of this system's demo accounts lies."""
    return home() / "secrets" / "demo-accounts"


def password() -> str:
    """ROWLOCK_DEMO_PASSWORD, else that of the local system. Raises Surprise where there is none."""
    given = os.environ.get(PASSWORD_SETTING)
    if given:
        return given
    if not password_file().exists():
        raise Surprise(
            f"No password of the demo accounts in {password_file()}: load it, or set {PASSWORD_SETTING}."
        )
    return password_file().read_text().strip()


def make_people(*, report: Callable[[str, str, str], None]) -> None:
    """Make the organization and the accounts, as far as they are missing."""
    if not os.environ.get(PASSWORD_SETTING) and not password_file().exists():
        password_file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(password_file(), secrets.token_urlsafe(PASSWORD_BYTES))
    for kind, name, made in _as_operator(_make):
        report(kind, name, "made" if made else "was there")


def token_of(*, role: str, organizations: Mapping[UUID, list[str]] | None = None) -> str:
    """An access token of somebody new, signed with the system's own key as `rowlock token` does."""
    subject = f"demo-{role}-{secrets.token_hex(4)}"
    try:
        return mint(subject=subject, roles=[role], organizations=organizations)
    except ValidationError as error:
        raise _no_settings(error) from error


def _as_operator(work: Callable[[Process], Awaitable[R]]) -> R:
    try:
        return work_with(work)
    except ValidationError as error:
        raise _no_settings(error) from error


async def _make(process: Process) -> list[tuple[str, str, bool]]:
    """What there is now, and whether it is new."""
    password_hash = await Passwords.of_settings(process.settings).hash(password())
    there = [
        ("organization", ORGANIZATION, await _organization(process)),
        ("account", ORGANIZER.email, await _account(process, ORGANIZER, password_hash)),
        ("account", BUYER.email, await _account(process, BUYER, password_hash)),
    ]
    fingerprint = process.fingerprints.email(ORGANIZER.email)
    await process.db.run(
        lambda tx: grant_role(
            tx,
            email_fingerprint=fingerprint,
            role=Role.ORGANIZER,
            organization_id=FIRST_ORGANIZATION_ID,
            now=utc_now(),
        )
    )
    return there


async def _organization(process: Process) -> bool:
    """The one that everything made before organizations belongs to, so that the demo keeps its events."""
    organization = Organization(
        organization_id=FIRST_ORGANIZATION_ID, name=ORGANIZATION, created_at=utc_now()
    )
    try:
        await process.db.run(lambda tx: create_organization(tx, organization=organization))
    except OrganizationExists:
        return False
    return True


async def _account(process: Process, person: DemoAccount, password_hash: str) -> bool:
    now = utc_now()
    account = Account(
        account_id=new_id(), email=person.email, name=person.name, email_verified_at=now, created_at=now
    )
    try:
        await process.db.run(
            lambda tx: create_account(
                tx,
                sealer=process.sealer,
                account=account,
                email_fingerprint=process.fingerprints.email(person.email),
                password_hash=password_hash,
            )
        )
    except EmailTaken:
        return False
    return True


def _no_settings(error: ValidationError) -> Surprise:
    missing = ", ".join(str(fault["loc"][0]).upper() for fault in error.errors() if fault["loc"])
    return Surprise(
        f"Settings of accounts are missing ({missing}): start the system with `make up`, or hand in tokens."
    )
