"""The keys that sign access tokens: sealed in the database, so that every replica has the same ones."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select, text, update

from accounts.domain.signing_keys import KeyTimes
from accounts.storage.sealed import PRIVATE_KEY
from accounts.storage.tables import signing_keys
from chassis.database import Snapshot, Transaction
from chassis.sealing import Sealer
from chassis.signing import SigningKey, create_key


async def load_keys(connection: Snapshot | Transaction) -> list[KeyTimes]:
    """All keys there are, without their private parts."""
    columns = (
        signing_keys.c.kid,
        signing_keys.c.public_jwk,
        signing_keys.c.signs_at,
        signing_keys.c.last_token_ends_at,
    )
    rows = await connection.execute(select(*columns).order_by(signing_keys.c.signs_at))
    return [KeyTimes(**row) for row in rows.mappings()]


async def load_private_key(connection: Snapshot | Transaction, *, sealer: Sealer, kid: str) -> SigningKey:
    """The private key of that name."""
    sealed = (
        await connection.execute(select(signing_keys.c.sealed).where(signing_keys.c.kid == kid))
    ).scalar_one()
    return SigningKey.of_json((await sealer.unseal(sealed, place=PRIVATE_KEY.place, row=kid)).decode())


async def lock_keys(tx: Transaction) -> None:
    """Let keys be made by one at a time, until `tx` ends."""
    await tx.execute(text("LOCK TABLE accounts.signing_keys IN SHARE ROW EXCLUSIVE MODE"))


async def add_key(tx: Transaction, *, sealer: Sealer, signs_at: datetime, now: datetime) -> str:
    """Make a key that signs from `signs_at`; gives its kid."""
    key = create_key()
    sealed = await sealer.seal(key.to_json().encode(), place=PRIVATE_KEY.place, row=key.kid)
    [public_jwk] = key.public_set()["keys"]
    await tx.execute(
        insert(signing_keys).values(
            kid=key.kid, sealed=sealed, public_jwk=public_jwk, created_at=now, signs_at=signs_at
        )
    )
    return key.kid


async def note_long_token(tx: Transaction, *, kid: str, ends_at: datetime) -> None:
    """Keep the key published at least until `ends_at`."""
    latest = func.greatest(signing_keys.c.last_token_ends_at, ends_at)
    await tx.execute(update(signing_keys).where(signing_keys.c.kid == kid).values(last_token_ends_at=latest))


async def delete_keys(tx: Transaction, kids: Sequence[str]) -> None:
    """Delete keys that no token bears any more."""
    await tx.execute(delete(signing_keys).where(signing_keys.c.kid.in_(kids)))
