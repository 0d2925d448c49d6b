"""The local mailbox: what people were sent, and the links in it."""

import re
from dataclasses import dataclass

import httpx

from support.stage.person import Json
from support.waiting import wait_until

LETTER_DEADLINE_S = 60
"""A mail is on its way through an outbox, a broker and SMTP, on a machine busy with other tests."""


@dataclass(frozen=True)
class Mailbox:
    url: str

    async def letters(self, address: str) -> list[Json]:
        """Everything that was sent to the address, the newest first."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=30) as client:
            answer = await client.get("/api/messages", params={"to": address})
            return answer.raise_for_status().json()["items"]

    async def count(self, address: str, *, about: str) -> int:
        """How many mails to the address have `about` in their text."""
        return sum(about in letter["text"] for letter in await self.letters(address))

    async def letter(self, address: str, *, about: str, count: int = 1) -> Json:
        """The newest mail to the address whose text has `about`, once there are `count` of them."""

        async def look() -> Json | None:
            found = [letter for letter in await self.letters(address) if about in letter["text"]]
            return found[0] if len(found) >= count else None

        what = f"mail number {count} about {about} to {address}"
        return await wait_until(look, deadline_s=LETTER_DEADLINE_S, poll_ms=100, what=what)

    async def link_token(self, address: str, *, page: str, count: int = 1) -> str:
        """The token behind the # of the newest link to `page`."""
        letter = await self.letter(address, about=f"/{page}#", count=count)
        return link_token(letter, page=page)


def link_token(letter: Json, *, page: str) -> str:
    """The token behind the # of the mail's link to `page`."""
    found = re.search(rf"/{re.escape(page)}#([\w.~-]+)", letter["text"])
    assert found, letter["text"]
    return found[1]
