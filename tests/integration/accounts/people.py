"""People who register and log in, and the mailbox in which they find their links."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import text

from chassis.database import Database

PASSWORD = "three tired owls"


def problem(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"].removeprefix("/problems/")


def new_email(name: str = "ada") -> str:
    return f"{name}-{uuid.uuid4().hex[:12]}@example.org"


@dataclass(frozen=True)
class Mailbox:
    """What notifications would have sent: the outbox's messages, and the facts it would have asked for."""

    http: httpx.AsyncClient
    db: Database
    internal_key: str

    async def facts(self, mail_request_id: str) -> httpx.Response:
        headers = {"Internal-Api-Key": self.internal_key}
        return await self.http.get(f"/internal/mails/{mail_request_id}", headers=headers)

    async def messages(self) -> list[tuple[str, dict[str, Any]]]:
        """Type and data of what was sent so far, the oldest first; it stays."""
        async with self.db.transaction() as tx:
            rows = await tx.execute(text("SELECT message_type, data FROM accounts.outbox ORDER BY id"))
            return [(row.message_type.split(".")[1], row.data) for row in rows]

    async def mails_to(self, email: str) -> list[dict[str, Any]]:
        """Facts of the mails that can be sent to this address now, the oldest first."""
        answers = [
            await self.facts(data["mail_request_id"])
            for _, data in await self.messages()
            if "mail_request_id" in data
        ]
        facts = [answer.json() for answer in answers if answer.status_code == 200]
        return [fact for fact in facts if fact["email"] == email]

    async def last_link(self, email: str) -> str:
        """The token of the newest link mailed to this address."""
        return [mail["link_token"] for mail in await self.mails_to(email) if mail["link_token"]][-1]


@dataclass
class Person:
    """Somebody at a device; every write gets a new Idempotency-Key unless one is given."""

    http: httpx.AsyncClient
    mailbox: Mailbox
    email: str = field(default_factory=new_email)
    password: str = PASSWORD
    tokens: dict[str, Any] = field(default_factory=dict)

    async def send(self, method: str, path: str, json: Any = None, *, key: str = "") -> httpx.Response:
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        if self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        return await self.http.request(method, f"/api/v1{path}", json=json, headers=headers)

    async def get(self, path: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"} if self.tokens else {}
        return await self.http.get(f"/api/v1{path}", headers=headers)

    async def register(self, *, name: str | None = "Ada", key: str = "") -> httpx.Response:
        body = {"email": self.email, "password": self.password, "name": name}
        return await self.send("POST", "/accounts", body, key=key)

    async def confirm(self, token: str, *, key: str = "") -> httpx.Response:
        return await self.send(
            "POST", "/accounts/email-verifications/confirmation", {"token": token}, key=key
        )

    async def try_login(
        self, *, password: str = "", device_name: str | None = None, key: str = ""
    ) -> httpx.Response:
        body: dict[str, Any] = {"email": self.email, "password": password or self.password}
        if device_name:
            body["device_name"] = device_name
        return await self.send("POST", "/sessions", body, key=key)

    async def login(self, **arguments: Any) -> "Person":
        response = await self.try_login(**arguments)
        assert response.status_code == 201, response.text
        self.tokens = response.json()
        return self

    async def refresh(self, token: str = "", *, key: str = "") -> httpx.Response:
        body = {"refresh_token": token or self.tokens["refresh_token"]}
        return await self.send("POST", "/sessions/refresh", body, key=key)

    def elsewhere(self) -> "Person":
        """The same person at another device, not logged in there."""
        return Person(self.http, self.mailbox, self.email, self.password)
