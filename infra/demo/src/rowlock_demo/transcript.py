"""Prints what travels between the buyer and the gateway, shortened to what a reader wants to see."""

import json
from typing import Any
from urllib.parse import unquote

import httpx
from rich.console import Console
from rich.text import Text

LINE_MAX = 116
DEPTH_MAX = 4
ITEMS_MAX = 2
CHARACTERS_MAX = 72
TOKEN_CHARACTERS_MAX = 14
REQUEST_HEADERS = (
    "authorization",
    "idempotency-key",
    "hold-token",
    "order-access-token",
    "prefer",
    "if-none-match",
)
ANSWER_HEADERS = ("location", "etag", "idempotent-replay", "preference-applied", "retry-after")
SECRET_HEADERS = ("authorization", "hold-token", "order-access-token")
SECRET_MEMBERS = ("hold_token", "order_access_token", "access_token", "refresh_token")
HIDDEN_MEMBERS = ("password", "pesel")


class Transcript:
    """Numbered steps, each with its requests and answers."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._steps = 0

    def chapter(self, title: str) -> None:
        self._console.print()
        self._console.rule(title, style="bold")

    def step(self, title: str) -> None:
        """What is done next, in the buyer's words."""
        self._steps += 1
        self._console.print()
        self._console.print(Text(f"{self._steps}. {title}", style="bold cyan"))

    def remark(self, text: str) -> None:
        """What the answer shows."""
        self._console.print(Text(f"  → {text}", style="green"))

    def exchange(self, answer: httpx.Response) -> None:
        """One request and its answer."""
        request = answer.request
        target = unquote(request.url.raw_path.decode())
        self._console.print(Text(f"  {request.method} {target}", style="bold"))
        self._headers(request.headers, REQUEST_HEADERS)
        self._body(request.content)
        style = "yellow" if answer.is_error else "bold"
        took_ms = answer.elapsed.total_seconds() * 1000
        self._console.print(
            Text(f"  {answer.status_code} {answer.reason_phrase}  ({took_ms:.0f} ms)", style=style)
        )
        self._headers(answer.headers, ANSWER_HEADERS)
        self._body(answer.content)

    def _headers(self, headers: httpx.Headers, shown: tuple[str, ...]) -> None:
        for name in shown:
            if name in headers:
                value = headers[name]
                if name in SECRET_HEADERS:
                    value = _shortened_token(value)
                self._console.print(Text(f"    {name.title()}: {value}", style="dim"))

    def _body(self, content: bytes) -> None:
        if content:
            self._console.print(
                Text("\n".join(f"    {line}" for line in layout(shortened(json.loads(content)))))
            )


def layout(value: Any, *, label: str = "", depth: int = 0) -> list[str]:
    """The JSON in lines: what fits on one line stays on it, what does not is opened, a few levels deep."""
    line = label + json.dumps(value, ensure_ascii=False)
    if len(line) <= LINE_MAX or not isinstance(value, dict | list):
        return [line]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if depth == DEPTH_MAX:
        return [f"{label}{opening} … {closing}"]
    named = (
        [(f'"{name}": ', one) for name, one in value.items()]
        if isinstance(value, dict)
        else [("", one) for one in value]
    )
    parts = [layout(one, label=name, depth=depth + 1) for name, one in named]
    for part in parts[:-1]:
        part[-1] += ","
    return [label + opening, *(f"  {line}" for part in parts for line in part), closing]


def shortened(value: Any) -> Any:
    """The same JSON with long lists, texts and tokens cut short, and saying by how much."""
    if isinstance(value, dict):
        return {name: _member(name, one) for name, one in value.items()}
    if isinstance(value, list):
        more = len(value) - ITEMS_MAX
        return [shortened(one) for one in value[:ITEMS_MAX]] + ([f"… and {more} more"] if more > 0 else [])
    if isinstance(value, str) and len(value) > CHARACTERS_MAX:
        return f"{value[:CHARACTERS_MAX]}… ({len(value)} characters)"
    return value


def _member(name: str, value: Any) -> Any:
    if name in SECRET_MEMBERS and value:
        return _shortened_token(value)
    if name in HIDDEN_MEMBERS and value:
        return _hidden(value)
    if name == "hold_tokens":
        return [_shortened_token(token) for token in value]
    if name == "timeline":  # the point of an order is how it got where it is
        return [shortened(change) for change in value]
    return shortened(value)


def _hidden(value: str) -> str:
    """What people type and nobody else should read; what comes masked is shown as it comes."""
    return value if value.startswith("*") else "…"


def _shortened_token(token: str) -> str:
    """Enough of a token to recognise it, never enough to use it: people paste transcripts."""
    scheme, _, rest = token.rpartition(" ")
    return f"{scheme} {rest[:TOKEN_CHARACTERS_MAX]}…".strip()
