"""Logging in to an account of the demo, and out again."""

from http import HTTPStatus
from typing import Any

from rowlock_demo.gateway import Gateway
from rowlock_demo.people import DemoAccount, password
from rowlock_demo.surprise import Surprise


def log_in(gateway: Gateway, account: DemoAccount) -> dict[str, Any]:
    """A new session of the account: its access token and its refresh token."""
    body = {"email": account.email, "password": password(), "device_name": "The demo"}
    answer = gateway.write("POST", "/sessions", body=body, expect=(201, 401))
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        raise Surprise(f"{account.email} does not log in with the password of this system's demo accounts.")
    return answer.json()


def log_out(gateway: Gateway, *, token: str | None) -> None:
    """End the session of this access token."""
    gateway.write("DELETE", "/sessions/current", token=token, expect=204)
