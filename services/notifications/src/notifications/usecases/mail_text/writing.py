"""Writes a mail from its template: the same words as plain text and as HTML."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from notifications.clients.facts import Facts
from notifications.clients.mail_message import MailText
from notifications.domain.mails import Cause, MailKind
from notifications.usecases.mail_text.formats import moment, money, one_line, without_gaps, wrapped
from notifications.usecases.mail_text.links import Links

TEMPLATES = "usecases/mail_text/templates"


class MailWriter:
    """Writes mails whose links begin with `public_url`."""

    def __init__(self, *, public_url: str) -> None:
        self._links = Links(public_url)
        self._text = _environment("txt", escape=False)
        self._html = _environment("html", escape=True)

    def write(self, cause: Cause, facts: Facts) -> MailText:
        """The mail of this cause. Raises jinja2.UndefinedError when a template names what is not there."""
        known = {"facts": facts, "orders_found": cause.orders_found, "links": self._links}
        subject = one_line(_block(self._text, cause.kind, "subject", known))
        shaped = [
            environment.get_template("layout").render(
                subject=subject,
                words=Markup(_block(environment, cause.kind, "words", known)),  # noqa: S704 -- escaped already
            )
            for environment in (self._text, self._html)
        ]
        return MailText(subject=subject, text=without_gaps(shaped[0]), html=shaped[1])


def _block(environment: Environment, kind: MailKind, name: str, known: dict[str, Any]) -> str:
    parts = environment.get_template("parts").module
    template = environment.get_template(f"{kind}.jinja", globals={"mail": parts})
    return "".join(template.blocks[name](template.new_context(known)))


def _environment(shape: str, *, escape: bool) -> Environment:
    environment = Environment(
        loader=_Loader(shape),
        autoescape=escape,  # noqa: S701 -- plain text has nothing to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(moment=moment, money=money, wrapped=wrapped)
    return environment


class _Loader(PackageLoader):
    """Finds `layout` as `layout.txt` or `layout.html`."""

    def __init__(self, shape: str) -> None:
        super().__init__("notifications", TEMPLATES)
        self._shape = shape

    def get_source(self, environment: Environment, template: str) -> Any:
        name = template if "." in template else f"{template}.{self._shape}"
        return super().get_source(environment, name)
