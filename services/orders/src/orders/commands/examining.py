"""What orders tells of its settings in `rowlock doctor`."""

from collections.abc import Sequence

from chassis.clock import utc_now
from chassis.inspection import Finding, SettingCheck
from chassis.settings import ServiceSettings
from orders.clients.payment_provider import PaymentProvider, ProviderRefused, ProviderUnavailable
from orders.clients.payment_providers import ProviderSecretUnusable, provider_of
from orders.settings import Settings


async def payment_provider_answers(settings: ServiceSettings) -> Sequence[Finding]:
    """Ask the provider for the payments begun from now on, of which there are none: that takes address and
    key.
    """
    if not isinstance(settings, Settings):
        return []
    try:
        provider = provider_of(settings)
    except ProviderSecretUnusable as error:
        setting, _, why = str(error).partition(": ")
        return [Finding(setting=setting, wrong=why, remedy="put the secret into its file (docs/payments.md)")]
    if provider is None:
        return []
    try:
        await _ask(provider)
    except (ProviderUnavailable, ProviderRefused) as error:
        prefix = settings.payment_provider.upper()
        return [
            Finding(
                setting=f"{prefix}_API_KEY, {prefix}_{'URL' if prefix == 'SANDBOX' else 'API_BASE'}",
                wrong=f"{settings.payment_provider} gives no answer that can be used: {error}",
                remedy="401 and 403 are about the key; otherwise see that it can be reached from here "
                "(docs/payments.md)",
            )
        ]
    finally:
        await provider.close()
    return []


async def _ask(provider: PaymentProvider) -> None:
    async for _payment in provider.payments_since(since=utc_now()):
        return


CHECKS = (
    SettingCheck(
        name="payment_provider_answers",
        finds="A payment provider that does not answer, a key it does not take, a notice secret of no use.",
        run=payment_provider_answers,
    ),
)
