"""Which payment provider orders asks, and with which secrets."""

from pathlib import Path
from typing import Any

import pytest

from orders.clients.payment_providers import ProviderSecretUnusable, provider_of
from orders.clients.sandbox import Sandbox
from orders.clients.stripe import Stripe
from orders.settings import Settings

SECRETS = {
    "sandbox_api_key": "key-of-the-sandbox",
    "sandbox_notice_secret": "whsec_b2YgdGhlIHRlc3Rz",
    "stripe_api_key": "sk_test_c3RyaXBl",
    "stripe_notice_secret": "whsec_b2Ygc3RyaXBl",
}


def settings_of(folder: Path, provider: str, **changes: Any) -> Settings:
    """Those a provider needs; `changes` replace what is in a secret's file, None takes the file away."""
    for name, secret in (SECRETS | changes).items():
        if secret is not None:
            (folder / name).write_text(f"{secret}\n")
    given: dict[str, Any] = {
        "payment_provider": provider,
        "sandbox_url": "http://127.0.0.1:1",
        "stripe_api_base": "http://127.0.0.1:1",
        "payment_timeout_s": 5.0,
    }
    return Settings.model_construct(None, **given, **{name: str(folder / name) for name in SECRETS})


def test_nobody_is_asked_unless_a_provider_is_named(tmp_path: Path):
    assert provider_of(settings_of(tmp_path, "none", **dict.fromkeys(SECRETS))) is None


@pytest.mark.parametrize(("name", "client"), [("sandbox", Sandbox), ("stripe", Stripe)])
def test_the_provider_named_is_asked(tmp_path: Path, name: str, client: type):
    provider = provider_of(settings_of(tmp_path, name))

    assert provider is not None
    assert (client, name) == (type(provider), provider.name)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("content", [None, "", "  "])
def test_an_error_names_the_setting_whose_secret_is_missing(tmp_path: Path, secret: str, content: str | None):
    settings = settings_of(tmp_path, secret.partition("_")[0], **{secret: content})

    with pytest.raises(ProviderSecretUnusable, match=f"^{secret.upper()}: "):
        provider_of(settings)


@pytest.mark.parametrize("content", ["whsec_", "whsec_abcde"])
def test_an_error_does_not_show_a_secret_that_is_none(tmp_path: Path, content: str):
    settings = settings_of(tmp_path, "sandbox", sandbox_notice_secret=content)

    with pytest.raises(ProviderSecretUnusable) as error:
        provider_of(settings)

    assert "SANDBOX_NOTICE_SECRET" in str(error.value)
    assert content not in f"{error.value}{error.value.__cause__}".replace("whsec_ and", "")
