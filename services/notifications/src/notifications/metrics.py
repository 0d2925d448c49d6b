"""What notifications counts: mails that wait, and what became of the others."""

from chassis.counting import count_when_committed
from chassis.database import Transaction
from chassis.metrics import SampledGauge, counter
from notifications.domain.mails import MailState

WAITING_STATES = (MailState.WAITING,)
END_STATES = (MailState.SENT, MailState.SKIPPED, MailState.GIVEN_UP)

MAILS = SampledGauge("rowlock_mails", "Mails to be sent, up to 100,000", {"state": WAITING_STATES})
OLDEST_DUE = SampledGauge(
    "rowlock_mails_oldest_due_seconds",
    "For how long the mail that is due longest has not been tried; 0 when none is due",
)
ENDED = counter(
    "rowlock_mails_ended_total",
    "Mails that need no more trying: `given_up` could not be sent and are an operator's",
    {"state": END_STATES},
    told_by="worker",
)
_ENDED = {state: ENDED.labels(state) for state in END_STATES}


def mails_ended(tx: Transaction, state: MailState | None, *, number: int = 1) -> None:
    """Mails come into `state`, if `tx` commits; one that goes on waiting, or is another's, does not count."""
    if state is not None and state in _ENDED:
        count_when_committed(tx, _ENDED[state], number)
