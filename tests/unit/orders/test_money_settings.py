"""What settings of payments are refused at the start."""

from typing import Any

import pytest
from pydantic import ValidationError

from orders.money_settings import MoneySettings

SANDBOX = {"payment_provider": "sandbox", "sandbox_api_key": "key", "sandbox_notice_secret": "secret"}
STRIPE = {"payment_provider": "stripe", "stripe_api_key": "key", "stripe_notice_secret": "secret"}


def settings(**given: Any) -> MoneySettings:
    return MoneySettings(
        database_url="postgresql://nobody@127.0.0.1:1/none",
        amqp_url="amqp://nobody@127.0.0.1:1/none",
        **given,
    )


@pytest.mark.parametrize("provider", [SANDBOX, STRIPE])
def test_a_provider_needs_its_secrets(provider: dict[str, str]) -> None:
    for left_out in list(provider)[1:]:
        with pytest.raises(ValidationError, match=left_out.upper()):
            settings(**provider | {left_out: ""})


def test_the_sandbox_takes_no_real_money_and_none_is_paid_there_in_production() -> None:
    with pytest.raises(ValidationError, match="not for production"):
        settings(**SANDBOX, rowlock_mode="production")

    assert settings(**STRIPE, rowlock_mode="production").payment_provider == "stripe"
    assert settings(**SANDBOX).payment_provider == "sandbox"
