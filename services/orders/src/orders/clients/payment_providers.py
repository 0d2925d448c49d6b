"""Which payment provider the settings name, with its secrets from their files."""

from pathlib import Path

from standardwebhooks.webhooks import EmptyWebhookSecretError

from orders.clients.payment_provider import PaymentProvider
from orders.clients.sandbox import Sandbox
from orders.settings import Settings


class ProviderSecretUnusable(Exception):
    """A setting of the payment provider names no file with a secret in it."""


def provider_of(settings: Settings) -> PaymentProvider | None:
    """None when PAYMENT_PROVIDER is `none`. Raises ProviderSecretUnusable."""
    if settings.payment_provider == "sandbox":
        return _sandbox(settings)
    if settings.payment_provider == "stripe":
        return _stripe(settings)
    return None


def _sandbox(settings: Settings) -> PaymentProvider:
    api_key, notice_secret = _secret(settings, "sandbox_api_key"), _secret(settings, "sandbox_notice_secret")
    try:
        return Sandbox(
            url=settings.sandbox_url,
            api_key=api_key,
            notice_secret=notice_secret,
            timeout_s=settings.payment_timeout_s,
        )
    except (ValueError, EmptyWebhookSecretError):
        raise ProviderSecretUnusable("SANDBOX_NOTICE_SECRET: not whsec_ and then Base64") from None


def _stripe(settings: Settings) -> PaymentProvider:
    # Imported where it is used: the library costs every process that has it time and memory.
    from orders.clients.stripe import Stripe  # noqa: PLC0415

    return Stripe(
        api_key=_secret(settings, "stripe_api_key"),
        api_base=settings.stripe_api_base,
        notice_secret=_secret(settings, "stripe_notice_secret"),
        timeout_s=settings.payment_timeout_s,
    )


def _secret(settings: Settings, setting: str) -> str:
    """What is in the file; an error names the setting and never the content."""
    path = Path(getattr(settings, setting))
    try:
        secret = path.read_text().strip()
    except (OSError, ValueError) as error:
        raise ProviderSecretUnusable(f"{setting.upper()}: {path}: {type(error).__name__}") from None
    if not secret:
        raise ProviderSecretUnusable(f"{setting.upper()}: {path} is empty")
    return secret
