"""Where use cases put the messages of their transaction."""

from chassis.outbox import Outbox
from reservation.storage import tables

OUTBOX = Outbox(tables.outbox)
