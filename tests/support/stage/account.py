"""Somebody with an account: registered, verified by mail and logged in, as a person would be."""

import secrets
from dataclasses import dataclass, replace
from typing import Self

import httpx

from support.stage.buyer import Buyer
from support.stage.mailbox import Mailbox
from support.stage.person import Json, Person


@dataclass(frozen=True, kw_only=True)
class AccountHolder(Buyer):
    """One account in one of its sessions; `token` is the access token."""

    email: str
    password: str
    session: Json

    @property
    def refresh_token(self) -> str:
        return self.session["refresh_token"]

    async def me(self) -> Json:
        """The account, as its owner sees it."""
        return (await self.get("/accounts/me")).json()

    async def refresh(self) -> Self:
        """The same session with its next tokens."""
        body = {"refresh_token": self.refresh_token}
        nobody = Person(gateway=self.gateway)
        return self._in((await nobody.write("POST", "/sessions/refresh", body, expect=200)).json())

    async def log_in_again(self, *, password: str | None = None) -> Self:
        """A new session of the same account."""
        password = password or self.password
        session = await log_in(self.gateway, email=self.email, password=password)
        return replace(self._in(session), password=password)

    def _in(self, session: Json) -> Self:
        return replace(self, session=session, token=session["access_token"])


def new_email() -> str:
    """An address nobody has used."""
    return f"person-{secrets.token_hex(8)}@example.org"


def new_password() -> str:
    return f"correct horse {secrets.token_hex(8)}"


async def register(
    gateway: httpx.AsyncClient,
    mailbox: Mailbox,
    *,
    email: str | None = None,
    password: str | None = None,
    name: str | None = "Ada Nowak",
) -> AccountHolder:
    """Register, follow the link in the mail, log in."""
    email, password = email or new_email(), password or new_password()
    nobody, page = Person(gateway=gateway), "account/verify-email"
    before = await mailbox.count(email, about=f"/{page}#")
    wanted = {"email": email, "password": password, **({"name": name} if name else {})}
    await nobody.write("POST", "/accounts", wanted, expect=202)
    await verify(gateway, token=await mailbox.link_token(email, page=page, count=before + 1))
    session = await log_in(gateway, email=email, password=password)
    return AccountHolder(
        gateway=gateway, token=session["access_token"], email=email, password=password, session=session
    )


async def verify(gateway: httpx.AsyncClient, *, token: str) -> Json:
    """Say that the mail with this token arrived."""
    path = "/accounts/email-verifications/confirmation"
    return (await Person(gateway=gateway).write("POST", path, {"token": token}, expect=200)).json()


async def log_in(gateway: httpx.AsyncClient, *, email: str, password: str) -> Json:
    """A new session."""
    body = {"email": email, "password": password}
    return (await Person(gateway=gateway).write("POST", "/sessions", body, expect=201)).json()
