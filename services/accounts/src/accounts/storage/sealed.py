"""Every column whose values are sealed, and for which row: what `rowlock keys rotate` goes over."""

from collections.abc import Sequence

from accounts.storage.tables import accounts, invitations, sessions, signing_keys
from chassis.resealing import SealedColumn

PERSON = SealedColumn(accounts, "sealed", ("account_id",))
INVITED = SealedColumn(invitations, "sealed", ("invitation_id",))
DEVICE = SealedColumn(sessions, "sealed", ("session_id",))
PRIVATE_KEY = SealedColumn(signing_keys, "sealed", ("kid",))

SEALED: Sequence[SealedColumn] = (PERSON, INVITED, DEVICE, PRIVATE_KEY)
