"""Runs the sandbox: `python -m rowlock_payment_sandbox`."""

import sys
from datetime import UTC, datetime

import uvicorn
from pydantic import ValidationError

from rowlock_payment_sandbox.app import create_app
from rowlock_payment_sandbox.sandbox import Sandbox, read_secret
from rowlock_payment_sandbox.settings import ModeSettings, SandboxSettings
from rowlock_payment_sandbox.storage.database import open_database


def main() -> None:
    """Run until a signal comes; 1 where the sandbox must not or cannot run."""
    try:
        _refuse_production()
        settings = SandboxSettings()  # pyright: ignore[reportCallIssue] - from the environment
    except ValidationError as error:
        raise SystemExit(f"The payment sandbox does not start: {error}") from None
    app = create_app(open_sandbox(settings))
    uvicorn.run(
        app,
        host=settings.sandbox_host,
        port=settings.sandbox_port,
        log_level="warning",
        access_log=False,
    )


def _refuse_production() -> None:
    if ModeSettings().rowlock_mode == "production":
        raise SystemExit(
            "The payment sandbox does not start in production: it would sell tickets for no money. "
            "Set PAYMENT_PROVIDER to one that takes some."
        )


def open_sandbox(settings: SandboxSettings) -> Sandbox:
    """With its database and secrets. Raises SystemExit where a file cannot be read."""
    try:
        return Sandbox(
            settings=settings,
            db=open_database(settings.sandbox_database),
            clock=lambda: datetime.now(UTC),
            api_key=read_secret(settings.sandbox_api_key),
            notice_secret=read_secret(settings.sandbox_notice_secret),
        )
    except OSError as error:
        raise SystemExit(f"The payment sandbox does not start: {error}") from None


if __name__ == "__main__":
    sys.exit(main())
