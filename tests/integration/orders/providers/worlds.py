"""A provider with everything around it: a client of ours, and what its buyers and banks do."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from standardwebhooks import Webhook
from stripe import WebhookSignature

from orders.clients.payment_provider import PaymentProvider
from orders.clients.sandbox import Sandbox
from orders.clients.stripe import Stripe
from support import payment_sandbox
from support.caught_notices import CaughtNotices, catching_notices
from support.payment_sandbox import CARD, PaymentSandboxServer, running_payment_sandbox
from support.stripe_stand_in import RATE_LIMITED, StripeStandIn, running_stripe
from support.waiting import wait_until

Sent = tuple[dict[str, str], bytes]
PATIENT_S, IMPATIENT_S = 20.0, 1.5
"""For an answer that will come, on a busy machine; and for one that will not."""
KNOWN, ANOTHER = "", "whsec_" + b64encode(b"not the secret").decode()
LEADS_BACK = 303
JSON = {"Content-Type": "application/json; charset=utf-8"}
STRIPE_KINDS = {"paid": "checkout.session.completed", "over": "checkout.session.expired",
                "refunded": "refund.created"}  # fmt: skip
SANDBOX_KINDS = {"paid": "payment.captured", "over": "payment.expired", "refunded": "refund.succeeded"}


class World(Protocol):
    provider: PaymentProvider

    async def pay(self, reference: str) -> None:
        """With a card that succeeds."""
        ...

    async def pay_another(self, what: str, reference: str) -> None:
        """With a card that takes another `amount` or `currency` than asked."""
        ...

    async def decline(self, reference: str) -> None:
        """With a card that is refused."""
        ...

    async def notice(self, word: str, reference: str) -> Sent:
        """The newest notice that this payment was `paid` or is `over`, or this refund was made."""
        ...

    def signed(self, body: bytes, *, at: datetime, secrets: Sequence[str] = (KNOWN,)) -> Sent:
        """A notice of our making, signed with each of these secrets: KNOWN, or another one."""
        ...

    def in_another_scheme(self, headers: dict[str, str]) -> dict[str, str]:
        """The same signatures, said to be of a scheme that we do not know."""
        ...

    def client(self, timeout_s: float = PATIENT_S) -> PaymentProvider:
        """Another client of the same account; close it."""
        ...

    def settings(self, folder: Path) -> dict[str, str]:
        """Those of orders, with the secrets in files of the folder."""
        ...

    def lose_answer(self) -> None:
        """Of the next write, after it had its effect."""
        ...

    def fail(self) -> None:
        """The next call, without effect."""
        ...


class StripeWorld:
    def __init__(self, stand_in: StripeStandIn) -> None:
        self.stand_in = stand_in
        self.provider = self.client()

    def client(self, timeout_s: float = PATIENT_S) -> PaymentProvider:
        return Stripe(
            api_key=self.stand_in.api_key,
            api_base=self.stand_in.url,
            notice_secret=self.stand_in.notice_secret,
            timeout_s=timeout_s,
        )

    async def pay(self, reference: str) -> None:
        self.stand_in.account.pay(reference)

    async def pay_another(self, what: str, reference: str) -> None:
        self.stand_in.account.pay(
            reference, **{"amount": {"amount": 4400}, "currency": {"currency": "eur"}}[what]
        )

    async def decline(self, reference: str) -> None:
        self.stand_in.account.decline(reference)

    async def notice(self, word: str, reference: str) -> Sent:
        kind = STRIPE_KINDS[word]
        fit = [each for each in self.stand_in.account.events
               if each["type"] == kind and each["data"]["object"]["id"] == reference]  # fmt: skip
        return self.stand_in.signed(fit[-1])

    def signed(self, body: bytes, *, at: datetime, secrets: Sequence[str] = (KNOWN,)) -> Sent:
        when, text = int(at.timestamp()), body.decode()
        keys = [self.stand_in.notice_secret if secret is KNOWN else secret for secret in secrets]
        headers = [WebhookSignature.generate_signature_header(text, key, when) for key in keys]
        signatures = [header.partition(",")[2] for header in headers]
        return {**JSON, "Stripe-Signature": ",".join([f"t={when}", *signatures])}, body

    def in_another_scheme(self, headers: dict[str, str]) -> dict[str, str]:
        return {name: value.replace(",v1=", ",v0=") for name, value in headers.items()}

    def settings(self, folder: Path) -> dict[str, str]:
        secrets = {
            "stripe_api_key": self.stand_in.api_key,
            "stripe_notice_secret": self.stand_in.notice_secret,
        }
        given = {"payment_provider": "stripe", "stripe_api_base": self.stand_in.url}
        return given | written(secrets, folder)

    def lose_answer(self) -> None:
        self.stand_in.faults.stay_silent(done=True)

    def fail(self) -> None:
        self.stand_in.faults.fail(RATE_LIMITED)


class SandboxWorld:
    """One sandbox serves many tests: what it believes of others' payments is none of theirs."""

    def __init__(self, server: PaymentSandboxServer, caught: CaughtNotices) -> None:
        self._server = server
        self._caught = caught
        self.provider = self.client()

    def client(self, timeout_s: float = PATIENT_S) -> PaymentProvider:
        return Sandbox(
            url=self._server.url,
            api_key=payment_sandbox.API_KEY,
            notice_secret=payment_sandbox.NOTICE_SECRET,
            timeout_s=timeout_s,
        )

    async def pay(self, reference: str) -> None:
        self._pay(reference, CARD)

    async def pay_another(self, what: str, reference: str) -> None:
        card = {"amount": "4000000000000077", "currency": "4000000000000085"}[what]
        self._pay(reference, card)

    async def decline(self, reference: str) -> None:
        self._server.pay({"payment_id": reference}, "4000000000000002")

    async def notice(self, word: str, reference: str) -> Sent:
        return await wait_until(lambda: self._about(SANDBOX_KINDS[word], reference))

    def signed(self, body: bytes, *, at: datetime, secrets: Sequence[str] = (KNOWN,)) -> Sent:
        keys = [payment_sandbox.NOTICE_SECRET if secret is KNOWN else secret for secret in secrets]
        # As the specification has it: the id is signed, so it is made of the body here.
        notice_id = f"msg_{hash(body):x}"
        stated = {**JSON, "webhook-id": notice_id, "webhook-timestamp": str(int(at.timestamp()))}
        signatures = [Webhook(key).sign(notice_id, at, body.decode()) for key in keys]
        return {**stated, "webhook-signature": " ".join(signatures)}, body

    def in_another_scheme(self, headers: dict[str, str]) -> dict[str, str]:
        return {name: value.replace("v1,", "v1a,") for name, value in headers.items()}

    def settings(self, folder: Path) -> dict[str, str]:
        given = {"payment_provider": "sandbox", "sandbox_url": self._server.url}
        names = {name.lower(): path for name, path in self._server.secret_files().items()}
        return given | names

    def lose_answer(self) -> None:
        self._server.fail(lose_answers=1)

    def fail(self) -> None:
        self._server.fail(fail_next=1)

    def _pay(self, reference: str, card: str) -> None:
        answer = self._server.pay({"payment_id": reference}, card)
        assert answer.status_code == LEADS_BACK, answer.text

    def _about(self, kind: str, reference: str) -> Sent | None:
        fit = [sent for sent in self._caught.notices if _tells(json.loads(sent[1]), kind, reference)]
        return fit[-1] if fit else None


def _tells(body: dict[str, Any], kind: str, reference: str) -> bool:
    about = body["data"].get("refund_id") or body["data"].get("payment_id")
    return (kind, reference) == (body["type"], about)


def written(secrets: dict[str, str], folder: Path) -> dict[str, str]:
    """Paths of files with the secrets, by setting."""
    for name, secret in secrets.items():
        (folder / name).write_text(f"{secret}\n")
    return {name: str(folder / name) for name in secrets}


@asynccontextmanager
async def stripe_world() -> AsyncIterator[StripeWorld]:
    async with running_stripe() as stand_in:
        world = StripeWorld(stand_in)
        yield world
        await world.provider.close()


@asynccontextmanager
async def sandbox_world() -> AsyncIterator[SandboxWorld]:
    async with catching_notices() as caught:
        with running_payment_sandbox(SANDBOX_NOTICE_URL=caught.url) as server:
            world = SandboxWorld(server, caught)
            yield world
            await world.provider.close()
