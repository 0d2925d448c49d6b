"""People whose every secret is a canary, going about their business."""

import secrets
from dataclasses import dataclass

from support.canaries.cage import Cage
from support.canaries.canary import Flock
from support.stage.account import AccountHolder, new_password
from support.stage.buyer import order_of
from support.stage.guest import Guest
from support.stage.person import Json, Person

WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)


def new_pesel() -> str:
    """Of somebody born in January of some year 19xx, with the right last digit."""
    digits = f"{secrets.randbelow(100):02}01{1 + secrets.randbelow(28):02}{secrets.randbelow(10_000):04}"
    rest = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True)) % 10
    return f"{digits}{-rest % 10}"


def mistyped(pesel: str) -> str:
    """With a wrong last digit."""
    return f"{pesel[:-1]}{(int(pesel[-1]) + 1) % 10}"


@dataclass(frozen=True)
class Identity:
    """Everything there is to know about somebody."""

    email: str
    password: str
    first_name: str
    last_name: str
    phone: str
    pesel: str

    @classmethod
    def new(cls, flock: Flock, who: str, *, email: str | None = None) -> "Identity":
        digits = f"+4860{secrets.randbelow(10**9):09}"
        return cls(
            email=email or flock.email(f"{who}'s e-mail"),
            password=flock.add(f"{who}'s password", new_password(), is_guessable=True),
            first_name=flock.word(f"{who}'s first name"),
            last_name=flock.word(f"{who}'s last name"),
            phone=flock.add(f"{who}'s phone", digits, is_guessable=True),
            pesel=flock.add(f"{who}'s PESEL", new_pesel(), is_guessable=True),
        )

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def contact(self) -> Json:
        return {"email": self.email, "name": self.name, "phone": self.phone}

    @property
    def person(self) -> Json:
        return {"first_name": self.first_name, "last_name": self.last_name}


def watch_session(flock: Flock, holder: AccountHolder, who: str) -> AccountHolder:
    """The tokens of a session are canaries; of the access token its signature, which nothing else has."""
    flock.add(f"{who}'s access token", holder.token or "")
    flock.add(f"the signature of {who}'s access token", (holder.token or "").rpartition(".")[2])
    flock.add(f"{who}'s refresh token", holder.refresh_token)
    return holder


async def live_with_an_account(cage: Cage, who: Identity) -> AccountHolder:
    """Register, mistype, log in, refresh, be robbed, change and forget the password, rename, export."""
    stage, flock = cage.stage, cage.flock
    nobody = Person(gateway=stage.gateway)
    holder = await stage.register(email=who.email, password=who.password, name=who.name)
    watch_session(flock, holder, "the holder")
    await watch_links(cage, who.email, page="account/verify-email")
    wrong = flock.add("a mistyped password", new_password(), is_guessable=True)
    device = flock.word("a device's name")
    await nobody.write("POST", "/accounts", {"email": who.email, "password": wrong}, expect=202)
    await nobody.write("POST", "/sessions", {"email": who.email, "password": wrong}, expect=401)
    login = {"email": who.email, "password": who.password, "device_name": device}
    flock.add(
        "the access token of a device",
        (await nobody.write("POST", "/sessions", login, expect=201)).json()["access_token"],
    )
    second = watch_session(flock, await holder.refresh(), "the refreshed holder")
    await nobody.write("POST", "/sessions/refresh", {"refresh_token": holder.refresh_token}, expect=401)
    await nobody.write("POST", "/sessions/refresh", {"refresh_token": second.refresh_token}, expect=401)
    return await _change_everything(cage, who, await holder.log_in_again())


async def _change_everything(cage: Cage, who: Identity, holder: AccountHolder) -> AccountHolder:
    flock, nobody = cage.flock, Person(gateway=cage.stage.gateway)
    watch_session(flock, holder, "the returned holder")
    chosen, reset = (
        flock.add(f"a {kind} password", new_password(), is_guessable=True) for kind in ("changed", "reset")
    )
    await holder.write("PATCH", "/accounts/me", {"name": flock.word("a new name")}, expect=200)
    change = {"current_password": who.password, "new_password": chosen}
    await holder.send("PUT", "/accounts/me/password", {**change, "current_password": reset})
    await holder.write("PUT", "/accounts/me/password", change, expect=204)
    await nobody.write("POST", "/accounts/password-resets", {"email": who.email}, expect=202)
    token = await cage.stage.mailbox.link_token(who.email, page="account/reset-password")
    flock.add("the token of a reset link", token)
    done = {"token": token, "new_password": reset}
    await nobody.write("POST", "/accounts/password-resets/confirmation", done, expect=204)
    await nobody.send("POST", "/accounts/password-resets/confirmation", done)
    again = watch_session(flock, await holder.log_in_again(password=reset), "the holder after the reset")
    await again.get("/accounts/me/export")
    return again


async def buy_as_guest(cage: Cage, who: Identity, event_id: str) -> tuple[Guest, Json]:
    """Hold, mistype the PESEL, order, correct, ask for links; the order stays awaiting finalization."""
    stage, flock = cage.stage, cage.flock
    guest, key = stage.guest(), flock.add("a guest's Idempotency-Key", secrets.token_urlsafe(24))
    wish = {"event_id": event_id, "best_available": {"price_category": "Stalls", "quantity": 2}}
    hold = (await guest.write("POST", "/holds", wish, expect=201, key=key)).json()
    flock.add("a hold token", hold["hold_token"])
    flock.add("the signature of a hold token", hold["hold_token"].rpartition(".")[2])
    pesels = (who.pesel, flock.add("a companion's PESEL", new_pesel(), is_guessable=True))
    body = order_of(hold, contact=who.contact, person=who.person, pesels=pesels)
    wrong = flock.add(
        "a mistyped PESEL", f"{who.pesel[:-1]}{(int(who.pesel[-1]) + 1) % 10}", is_guessable=True
    )
    body["attendees"][0]["pesel"] = wrong
    await guest.write("POST", "/orders", body, expect=422)
    order = await guest.order(hold, contact=who.contact, person=who.person, pesels=pesels)
    flock.add("an order access token", order["order_access_token"])
    guest = guest.owning(order)
    await _go_on(cage, guest, order)
    return guest, order


async def _go_on(cage: Cage, guest: Guest, order: Json) -> None:
    flock, path = cage.flock, f"/orders/{order['order_id']}"
    line = f"{path}/attendees/{order['lines'][0]['line_id']}"
    changed = flock.add("a corrected PESEL", new_pesel(), is_guessable=True)
    await guest.write(
        "PATCH", line, {"pesel": changed, "last_name": flock.word("a corrected name")}, expect=200
    )
    await guest.write("PATCH", line, {"pesel": mistyped(changed)}, expect=422)
    again = await guest.send("POST", f"{path}/finalization", {"pesel": changed})
    assert again.status_code < 500, again.text
    await guest.write("POST", "/orders/lookups", {"email": order["contact"]["email"]}, expect=202)


async def watch_links(cage: Cage, address: str, *, page: str) -> None:
    """The token of the newest link to the page is a canary, too."""
    cage.flock.add(f"the token of a link to {page}", await cage.stage.mailbox.link_token(address, page=page))
