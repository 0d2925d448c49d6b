"""What is good for trying things out and not for selling tickets."""

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from chassis.inspection import Finding
from chassis.production import has_development_password
from rowlock_cli.doctor.facts import SystemFacts

FOR_TESTS = ("FAILPOINTS", "FAILPOINTS_DIRECTORY")


def nothing_for_development(facts: SystemFacts) -> Iterator[Finding]:
    """Production: the payment sandbox, failpoints, or a process that was not told ROWLOCK_MODE=production."""
    if not facts.is_production:
        return
    providers = {facts.environment.get("PAYMENT_PROVIDER")} | {
        each.setting("PAYMENT_PROVIDER") for each in facts.telling
    }
    if "sandbox" in providers:
        yield Finding(
            setting="PAYMENT_PROVIDER",
            wrong="the sandbox sells tickets for no money",
            remedy="name a real provider, or `none` (docs/payments.md)",
        )
    for name in FOR_TESTS:
        if facts.environment.get(name):
            yield Finding(setting=name, wrong="is for tests: it ends processes on purpose", remedy="unset it")


def no_passwords_everybody_knows(facts: SystemFacts) -> Iterator[Finding]:
    """Production: a URL without a password, or with one that is in our files or is the user's name."""
    if not facts.is_production:
        return
    for name, url in sorted(facts.environment.items()):
        if not name.endswith("_URL") or not url.startswith(("postgres", "amqp")):
            continue
        if why := _weak(url):
            yield Finding(
                setting=name, wrong=why, remedy="set a long random password, there and for the role"
            )


def _weak(url: str) -> str | None:
    parts = urlsplit(url)
    if not parts.password:
        return "has no password"
    if has_development_password(url):
        return "has a password that everybody can read in our files"
    return "has its user's name for a password" if unquote(parts.password) == parts.username else None


def public_url_is_https(facts: SystemFacts) -> Iterator[Finding]:
    """Production: PUBLIC_URL without https: links in mails and ways back from payment pages are not safe."""
    if not facts.is_production:
        return
    urls = {facts.environment.get("PUBLIC_URL")} | {each.setting("PUBLIC_URL") for each in facts.telling}
    plain = sorted(url for url in urls if url and not url.startswith("https://"))
    if plain:
        yield Finding(
            setting="PUBLIC_URL",
            wrong=f"{', '.join(plain)} is not https",
            remedy="give the gateway TLS, or a proxy with it in front, and name the https address",
        )
