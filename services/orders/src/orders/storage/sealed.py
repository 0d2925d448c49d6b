"""Every column that is sealed, for the rotation of keys."""

from collections.abc import Sequence

from chassis.resealing import SealedColumn
from orders.storage.tables import attendees, contacts, order_lookups

SEALED: Sequence[SealedColumn] = (
    SealedColumn(contacts, row=("order_id",)),
    SealedColumn(attendees, row=("line_id",)),
    SealedColumn(order_lookups, row=("lookup_id",)),
)
