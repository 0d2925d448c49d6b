"""`status`: what runs, in one screen."""

from rowlock_local.files import read_json
from rowlock_local.home import Home
from rowlock_local.identity import is_same
from rowlock_local.lock import is_held
from rowlock_local.state import read_state


def status(home: Home) -> tuple[str, bool]:
    """Words for a person, and whether everything is up."""
    state = read_state(home)
    if not is_held(home) or state is None:
        return f"Rowlock does not run from {home.path}; `make up` starts it.", False
    records = sorted(
        (read_json(file) for file in home.run.glob("*.json")), key=lambda record: str(record.get("name"))
    )
    rows = [
        f"  {record['name']:<22} {'runs' if is_same(record) else 'ended'}  pid {record['pid']}"
        for record in records
    ]
    ready = state.status == "ready" and all(map(is_same, records))
    mail = [f"Mail is shown at {state.mailbox}"] if state.mailbox else []
    payments = [f"Payments are shown at {state.payment_sandbox}"] if state.payment_sandbox else []
    return "\n".join([f"Rowlock is {state.status} at {state.url}", *mail, *payments, *rows]), ready
