"""Settings at hand, and whether those whom they name can be reached."""

from collections.abc import Iterator

from chassis.inspection import Finding
from rowlock_cli.doctor.facts import SystemFacts


def settings_complete(facts: SystemFacts) -> Iterator[Finding]:
    """A setting that a service needs and this command was not told, or a value that it would refuse."""
    told: dict[tuple[str, str], list[str]] = {}
    for service, wrong in facts.wrong_settings.items():
        for name, why in wrong.items():
            told.setdefault((name, why), []).append(service)
    for (name, why), services in told.items():
        yield Finding(
            setting=name,
            wrong=f"{', '.join(services)}: {why[:1].lower()}{why[1:]}",
            remedy="see docs/configuration.md; this command must be told what the services are",
        )


def gateway_reaches_services(facts: SystemFacts) -> Iterator[Finding]:
    """A service with routes that the gateway does not reach though its replicas are ready."""
    for service, why in facts.gateway.unreached.items():
        ready = [
            each
            for each in facts.replicas
            if each.service == service and each.process_type == "api" and each.is_ready
        ]
        if ready:
            yield Finding(
                setting=f"{service.upper()}_API_REPLICA_URLS",
                wrong=f"the gateway answers {why} for {service}, of which {len(ready)} replicas are ready",
                remedy="see that the gateway finds them: replicas.yaml, or the labels of containers",
            )


def access_token_keys_readable(facts: SystemFacts) -> Iterator[Finding]:
    """ACCESS_TOKEN_JWKS that cannot be read: nobody who is signed in would get in."""
    if facts.access_token_keys is not None:
        yield Finding(
            setting="ACCESS_TOKEN_JWKS",
            wrong=str(facts.access_token_keys),
            remedy="name accounts' /.well-known/jwks.json as the services reach it, or the file",
        )
