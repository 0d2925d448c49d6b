"""Makes signing keys. A new one is published for a while before it signs, so that every verifier has it."""

from datetime import datetime, timedelta

from accounts.domain.signing_keys import RotationUnderWay, published_keys, signing_key
from accounts.storage.signing_keys import add_key, delete_keys, load_keys, lock_keys
from chassis.database import Transaction
from chassis.sealing import Sealer


async def rotate_signing_key(
    tx: Transaction, *, sealer: Sealer, publish_ahead_s: int, now: datetime
) -> tuple[str, datetime]:
    """Make the next key; gives its kid and from when it signs. Raises RotationUnderWay."""
    await lock_keys(tx)
    keys = await load_keys(tx)
    if waiting := [key for key in keys if key.signs_at > now]:
        raise RotationUnderWay(waiting[0].signs_at)
    # The very first key has no predecessor that could sign meanwhile.
    signs_at = now + timedelta(seconds=publish_ahead_s) if keys else now
    return await add_key(tx, sealer=sealer, signs_at=signs_at, now=now), signs_at


async def ensure_signing_key(tx: Transaction, *, sealer: Sealer, now: datetime) -> None:
    """Make the first key, unless another process has."""
    await lock_keys(tx)
    if signing_key(await load_keys(tx), now=now) is None:
        await add_key(tx, sealer=sealer, signs_at=now, now=now)


async def forget_signing_keys(tx: Transaction, *, over_s: float, now: datetime) -> int:
    """Delete the keys that are published no more; gives how many."""
    keys = await load_keys(tx)
    published = {key.kid for key in published_keys(keys, over_s=over_s, now=now)}
    over = [key.kid for key in keys if key.kid not in published]
    if over:
        await delete_keys(tx, over)
    return len(over)
