"""Keys that sign access tokens: published before they sign, until no token bears them; nobody is logged out."""

import asyncio
from datetime import datetime, timedelta

import pytest
from integration.accounts.conftest import Desk, OpenDesk
from integration.accounts.people import Person
from sqlalchemy import text

from accounts.api.key_ring import KeyRing
from accounts.domain.signing_keys import RotationUnderWay
from accounts.usecases.rotate_signing_key import forget_signing_keys, rotate_signing_key
from chassis.clock import utc_now
from chassis.signing import KeySet, verify

AHEAD_S = 60


class Clock:
    """What the keys take for the time."""

    def __init__(self) -> None:
        self.now = utc_now()

    def pass_(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(desk: Desk) -> KeyRing:
    """As a process has them that reads them anew each time."""
    return KeyRing(desk.db, desk.app.state.sealer, read_every_s=0, over_s=desk.settings.signing_key_over_s)


async def rotate(desk: Desk, clock: Clock) -> str:
    kid, _ = await desk.db.run(
        lambda tx: rotate_signing_key(
            tx, sealer=desk.app.state.sealer, publish_ahead_s=AHEAD_S, now=clock.now
        )
    )
    return kid


async def kids(keys: KeyRing, clock: Clock) -> list[str]:
    return [key["kid"] for key in await keys.published(now=clock.now)]


async def test_a_new_key_is_published_before_it_signs_and_the_old_one_until_its_tokens_are_over(
    desk: Desk, keys: KeyRing, clock: Clock
) -> None:
    old = (await keys.signing(now=clock.now)).kid
    new = await rotate(desk, clock)

    assert await kids(keys, clock) == [old, new]
    assert (await keys.signing(now=clock.pass_(seconds=AHEAD_S - 1))).kid == old
    assert (await keys.signing(now=clock.pass_(seconds=1))).kid == new
    clock.pass_(seconds=desk.settings.access_token_s)
    assert await kids(keys, clock) == [old, new], "a token signed in the last second is good for so long"
    clock.pass_(seconds=desk.settings.signing_key_over_s - desk.settings.access_token_s)
    assert await kids(keys, clock) == [new]


async def test_a_rotation_logs_nobody_out(ada: Person, desk: Desk) -> None:
    before = ada.tokens["access_token"]
    old = await desk.publish_keys()
    new = await rotate(desk, Clock())
    async with desk.db.transaction() as tx:  # the time to publish it ahead has passed
        await tx.execute(
            text("UPDATE accounts.signing_keys SET signs_at = now() WHERE kid = :kid"), {"kid": new}
        )
    desk.app.state.desk.keys._read_at = 0

    refreshed = await ada.refresh()
    published = KeySet(await desk.publish_keys())
    ada.tokens = refreshed.json()

    for token in (before, ada.tokens["access_token"]):
        assert verify(token, published, "at+jwt", "rowlock", "https://rowlock.local")["roles"] == ["buyer"]
    assert (await ada.get("/accounts/me")).status_code == 200
    assert (await ada.refresh()).status_code == 200
    assert [key["kid"] for key in old["keys"]] != [new]


async def test_a_key_is_kept_until_the_last_long_token_signed_with_it_is_over(
    desk: Desk, keys: KeyRing, clock: Clock
) -> None:
    old = (await keys.signing(now=clock.now)).kid
    async with desk.db.transaction() as tx:
        statement = "UPDATE accounts.signing_keys SET last_token_ends_at = :at"
        await tx.execute(text(statement), {"at": clock.now + timedelta(days=30)})
    new = await rotate(desk, clock)

    clock.pass_(days=29)
    assert await kids(keys, clock) == [old, new]
    clock.pass_(days=2)
    assert await kids(keys, clock) == [new]


async def test_a_second_rotation_waits_for_the_first(desk: Desk, keys: KeyRing, clock: Clock) -> None:
    await keys.signing(now=clock.now)
    await rotate(desk, clock)

    with pytest.raises(RotationUnderWay):
        await rotate(desk, clock)
    clock.pass_(seconds=AHEAD_S)
    await rotate(desk, clock)
    assert len(await kids(keys, clock)) == 3


async def test_ten_processes_that_start_at_once_make_one_key(desk: Desk, clock: Clock) -> None:
    async with desk.db.transaction() as tx:
        await tx.execute(text("DELETE FROM accounts.signing_keys"))
    rings = [KeyRing(desk.db, desk.app.state.sealer, read_every_s=5, over_s=300) for _ in range(10)]

    made = await asyncio.gather(*(ring.signing(now=clock.now) for ring in rings))

    assert len({key.kid for key in made}) == 1


async def test_a_key_that_is_over_is_deleted_and_no_other(desk: Desk, keys: KeyRing, clock: Clock) -> None:
    await keys.signing(now=clock.now)
    over_s = desk.settings.signing_key_over_s
    new = await rotate(desk, clock)

    async def forget() -> int:
        return await desk.db.run(lambda tx: forget_signing_keys(tx, over_s=over_s, now=clock.now))

    assert await forget() == 0
    clock.pass_(seconds=AHEAD_S + over_s)
    assert await forget() == 1
    assert await forget() == 0
    assert await kids(keys, clock) == [new]


async def test_private_keys_lie_sealed_in_the_database_and_are_never_published(desk: Desk) -> None:
    published = await desk.publish_keys()
    private = await desk.app.state.desk.keys.signing(now=utc_now())
    secret = private._document(private=True)["d"]
    async with desk.db.snapshot() as connection:
        rows = str(
            (await connection.execute(text("SELECT k::text, sealed FROM accounts.signing_keys AS k"))).all()
        )

    assert secret not in rows
    assert all(set(key) == {"kty", "crv", "x", "kid", "use", "alg"} for key in published["keys"])


async def test_the_issuer_says_where_its_keys_are(open_desk: OpenDesk) -> None:
    async with open_desk(public_url="https://tickets.example.org/") as desk:
        keys = await desk.http.get("/.well-known/jwks.json")
        issuer = await desk.http.get("/.well-known/oauth-authorization-server")

    assert keys.headers["cache-control"] == "public, max-age=30"
    assert issuer.json()["issuer"] == "https://rowlock.local"
    assert issuer.json()["jwks_uri"] == "https://tickets.example.org/.well-known/jwks.json"
