"""Erase an account here: its holds are nobody's from now on, and its keys are forgotten."""

from uuid import UUID

from chassis.database import Transaction
from reservation.storage.erasing import disown_holds, forget_answers


async def erase_account(tx: Transaction, *, account_id: UUID) -> int:
    """How many holds had been the account's. Seats are not given up: who still has a hold's token can order.

    A second time finds nothing, or what an access token that outlived its account has left meanwhile.
    """
    await forget_answers(tx, account_id=account_id)
    return await disown_holds(tx, account_id=account_id)
