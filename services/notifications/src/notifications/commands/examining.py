"""What notifications tells of its settings in `rowlock doctor`."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from chassis.inspection import Finding, SettingCheck
from chassis.settings import ServiceSettings
from notifications.clients.mail_server import MailNotTaken, try_server
from notifications.domain.mail_server import MailServer
from notifications.settings import Settings


async def mail_server_takes_us(settings: ServiceSettings) -> Sequence[Finding]:
    """Ask the mail server in, as a worker would, and send nothing."""
    if not isinstance(settings, Settings):
        return []
    try:
        await try_server(MailServer.of(settings.smtp_url))
    except MailNotTaken as error:
        where = urlsplit(settings.smtp_url)
        return [
            Finding(
                setting="SMTP_URL",
                wrong=f"{where.hostname}:{where.port or ''} does not take us: {error}",
                remedy="start the mail server, or name another; a 5xx after the greeting is about user and "
                "password. Mails wait meanwhile",
            )
        ]
    return []


CHECKS = (
    SettingCheck(
        name="mail_server_takes_us",
        finds="A mail server (SMTP_URL) that cannot be reached, or does not let us in.",
        run=mail_server_takes_us,
    ),
)
