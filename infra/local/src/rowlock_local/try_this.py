"""The lines shown when the system is up: one URL, and a purchase that can be pasted as it stands."""

import sys
from pathlib import Path

LINES = """\
API={url}/api/v1
BUYER=$({rowlock} token --role buyer --subject buyer-1)
pick() {{ {python} -c 'import functools,json,sys; print(functools.reduce(lambda v, k: v[int(k) if k.isdigit() else k], sys.argv[1].split("."), json.load(sys.stdin)))' "$1"; }}
write() {{ curl -sS -X POST "$API$1" -H "Authorization: Bearer $BUYER" -H "Idempotency-Key: $RANDOM-$RANDOM-$$" -H 'Content-Type: application/json' -H 'Prefer: wait=5' -d "$2"; }}

curl -sS "$API/events?limit=5"; echo
EVENT=$(curl -sS "$API/events?text=rehearsal" | pick items.0.event_id)
curl -sS "$API/events/$EVENT/availability"; echo
HOLD=$(write /holds '{{"event_id": "'$EVENT'", "best_available": {{"price_category": "Stalls", "quantity": 2}}}}'); echo "$HOLD"
ORDER=$(write /orders '{{"hold_tokens": ["'$(echo "$HOLD" | pick hold_token)'"], "contact": {{"email": "ada@example.org"}}, "attendees": [
  {{"seat_id": "'$(echo "$HOLD" | pick seats.0.seat_id)'", "ticket_type": "visitor", "first_name": "Ada", "last_name": "Nowak"}},
  {{"seat_id": "'$(echo "$HOLD" | pick seats.1.seat_id)'", "ticket_type": "visitor", "first_name": "Jan", "last_name": "Kowalski"}}]}}'); echo "$ORDER"
write "/orders/$(echo "$ORDER" | pick order_id)/finalization"; echo
curl -sS "$API/orders/$(echo "$ORDER" | pick order_id)/tickets" -H "Authorization: Bearer $BUYER"; echo
"""


def try_this(url: str) -> str:
    """What a person may do next; needs a shell and curl."""
    lines = LINES.format(url=url, rowlock=near("rowlock"), python=near("python"))
    return f"\nRowlock is up: {url}   (documentation: {url}/docs)\n\nTry this:\n\n{lines}"


def near(program: str) -> str:
    """A program of this virtual environment, relative to where the person is if that is shorter."""
    path = Path(sys.executable).with_name(program)
    folder = Path.cwd()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
