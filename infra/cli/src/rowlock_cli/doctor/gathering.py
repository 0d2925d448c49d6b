"""Gathers what the checks of the doctor look at: everything is asked at once."""

import asyncio
import importlib
import os
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import entry_points
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from chassis.inspection import Finding, SettingCheck
from chassis.key_sets import KeySet, KeySetUnavailable
from chassis.messaging.inspection import differing_queues, takes_messages
from chassis.publishing import BrokerUnavailable
from chassis.settings import ServiceSettings
from rowlock_cli.asking import TIMEOUT, Unanswered, addresses_of, answered, ask, first_line
from rowlock_cli.doctor.facts import SystemFacts
from rowlock_cli.environment import SERVICE_DATABASE
from rowlock_cli.looks.broker import NOT_TOLD, look_at_rabbitmq, require_resolved
from rowlock_cli.looks.databases import DatabaseSight, installed_migrations, look_at_database
from rowlock_cli.looks.gateway import look_at_gateway
from rowlock_cli.looks.replicas import look_at_replicas
from rowlock_cli.operator_settings import OperatorSettings
from rowlock_cli.services import consumer_names, consumers_of, service_names

T = TypeVar("T")

DOCTOR = "rowlock.doctor"


def gather_facts(*, deadline_s: float) -> SystemFacts:
    """Look at everything at once; each question has `deadline_s`."""
    operator = OperatorSettings.from_environment()
    settings, wrong = read_settings()
    # Read now: what takes this machine long must not be taken for a part that does not answer.
    consumer_names()
    with suppress(Unanswered):
        for service in service_names():
            installed_migrations(service)
    return answered(_gather(operator, settings, wrong, own_checks()), deadline_s=deadline_s)


def read_settings() -> tuple[dict[str, ServiceSettings], dict[str, dict[str, str]]]:
    """The settings of each service as the environment has them, and what is wrong with some."""
    right: dict[str, ServiceSettings] = {}
    wrong: dict[str, dict[str, str]] = {}
    for service in service_names():
        name = SERVICE_DATABASE.format(service=service.upper())
        own = {"database_url": url} if (url := os.environ.get(name)) else {}
        try:
            right[service] = importlib.import_module(f"{service}.settings").Settings(**own)
        except ValidationError as error:
            wrong[service] = {
                _setting_of(item, database=name): item["msg"].removeprefix("Value error, ")
                for item in error.errors(include_input=False)
            }
    return right, wrong


def _setting_of(item: Any, *, database: str) -> str:
    """The setting an error is about; an error of several names them itself."""
    if not item["loc"]:
        return "settings"
    name = str(item["loc"][0]).upper()
    return database if name == "DATABASE_URL" else name


def own_checks() -> dict[str, Sequence[SettingCheck]]:
    """What services can tell of their own settings, by service."""
    entries = sorted(entry_points(group=DOCTOR), key=lambda entry: entry.name)
    return {entry.name: entry.load() for entry in entries}


async def _gather(
    operator: OperatorSettings,
    settings: Mapping[str, ServiceSettings],
    wrong: Mapping[str, Mapping[str, str]],
    checks: Mapping[str, Sequence[SettingCheck]],
) -> SystemFacts:
    own = {
        check.name: (check, settings[s])
        for s, several in checks.items()
        if s in settings
        for check in several
    }
    (gateway, replicas, keys), (broker, differing, takes), databases, found = await asyncio.gather(
        asyncio.gather(
            look_at_gateway(operator.rowlock_url), look_at_replicas(operator), _access_token_keys()
        ),
        asyncio.gather(
            _or_unanswered(look_at_rabbitmq(operator.amqp_url)),
            _or_unanswered(_differing_queues(operator.amqp_url, settings)),
            _or_unanswered(_takes_messages(operator.amqp_url)),
        ),
        asyncio.gather(*(_or_unanswered(_database(service)) for service in service_names())),
        asyncio.gather(*(_or_unanswered(_own(check, given)) for check, given in own.values())),
    )
    return SystemFacts(
        environment=dict(os.environ),
        operator=operator,
        settings=settings,
        wrong_settings=wrong,
        replicas=replicas,
        databases=dict(zip(service_names(), databases, strict=True)),
        broker=broker,
        differing_queues=differing,
        broker_takes_messages=takes,
        gateway=gateway,
        access_token_keys=keys,
        own_findings=dict(zip(own, found, strict=True)),
    )


async def _or_unanswered(look: Awaitable[T]) -> T | Unanswered:
    try:
        return await look
    except Unanswered as error:
        return error


async def _own(check: SettingCheck, settings: ServiceSettings) -> Sequence[Finding]:
    return await ask(_run(check, settings))


async def _run(check: SettingCheck, settings: ServiceSettings) -> Sequence[Finding]:
    return await check.run(settings)


async def _database(service: str) -> DatabaseSight:
    name = SERVICE_DATABASE.format(service=service.upper())
    if not (url := os.environ.get(name)):
        raise Unanswered(f"{name} is not set")
    return await look_at_database(service, url)


async def _differing_queues(amqp_url: str, settings: Mapping[str, ServiceSettings]) -> dict[str, str]:
    await require_resolved(amqp_url)
    found: dict[str, str] = {}
    try:
        for service, given in settings.items():
            consumers, limit = consumers_of(service), given.delivery_limit
            found |= await ask(differing_queues(amqp_url, consumers, delivery_limit=limit))
    except BrokerUnavailable as error:
        raise Unanswered(first_line(error)) from None
    return found


async def _takes_messages(amqp_url: str) -> bool:
    if not amqp_url:
        raise Unanswered(NOT_TOLD)
    await require_resolved(amqp_url)
    try:
        return await ask(takes_messages(amqp_url))
    except BrokerUnavailable as error:
        raise Unanswered(first_line(error)) from None


async def _access_token_keys() -> Unanswered | None:
    """None when the key set can be read."""
    source = os.environ.get("ACCESS_TOKEN_JWKS", "")
    if not source:
        return Unanswered("not set")
    try:
        if source.startswith(("http://", "https://")):
            KeySet(await ask(_json(source)))
        else:
            KeySet.load(source)
    except (KeySetUnavailable, Unanswered) as error:
        return Unanswered(first_line(error))
    except (httpx.HTTPError, ValueError) as error:
        return Unanswered(f"{source}: {type(error).__name__}")
    return None


async def _json(url: str) -> Any:
    await ask(addresses_of(urlsplit(url).hostname or ""))
    async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT) as client:
        return (await client.get(url)).raise_for_status().json()
