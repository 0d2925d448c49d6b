"""Each service answers as its OpenAPI says, whatever it is sent through the gateway, and never with 5xx."""

import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from support.services import SERVICES, operations_of
from support.stage.organizer import ORGANIZATION_ID
from support.stage.seeds import plant_seeds, sown

OWNER = "olga"
REFUSED_BY_GATEWAY = set("/\\\0;%?#")
"""In a path these, encoded, could mean one thing to the gateway and another to a service: a bare 400."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CONFIG = schemathesis.Config.from_dict({"generation": {"max-examples": 12}})
# The same requests in every run, and what failed is told as it was found.
tried = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def operations() -> Iterator[Any]:
    for service in SERVICES:
        for method, path in operations_of(service):
            yield pytest.param(service, path, method, id=f"{service}: {method} {path}")


@pytest.fixture(scope="module")
async def seeds(stage):
    return await plant_seeds(stage, owner=OWNER)


@pytest.fixture(scope="module")
def everybody(stage):
    """Sends with the token of one who is buyer, organizer and operator."""
    with requests.Session() as session:
        session.trust_env = False
        token = stage.system.token(
            "buyer",
            "organizer",
            "operator",
            subject=OWNER,
            organizations={ORGANIZATION_ID: ["organizer"]},
        )
        session.headers["Authorization"] = f"Bearer {token}"
        yield session


@pytest.fixture(scope="module")
def described(stage, seeds, everybody):
    """A service's OpenAPI, as the gateway gives it."""

    @cache
    def load(service: str) -> Any:
        document = everybody.get(f"{stage.system.url}/api/v1/openapi/{service}.json", timeout=30).json()
        api = schemathesis.openapi.from_dict(document, config=CONFIG)
        api.config.update(base_url=stage.system.url)
        _sow(api, seeds)
        return api

    return load


@pytest.mark.parametrize(("service", "path", "method"), list(operations()))
def test_it_answers_as_described(service, path, method, described, everybody):
    operation = described(service)[path][method]
    fitting, unfitting = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)

    @tried
    @given(case=fitting | unfitting)
    def try_it(case: Any) -> None:
        case.call_and_validate(session=everybody, checks=CHECKS)

    try_it()


def _sow(api: Any, seeds: dict[str, list[str]]) -> None:
    """Let generated requests name what exists, each under an Idempotency-Key of its own."""

    @api.hook
    def filter_path_parameters(context: Any, path_parameters: Any) -> bool:
        return not any(REFUSED_BY_GATEWAY & set(str(value)) for value in (path_parameters or {}).values())

    @api.hook
    def map_path_parameters(context: Any, path_parameters: Any) -> Any:
        return sown(dict(path_parameters), seeds) if path_parameters else path_parameters

    @api.hook
    def map_body(context: Any, body: Any) -> Any:
        return sown(body, seeds)

    @api.hook
    def map_headers(context: Any, headers: Any) -> Any:
        if headers and headers.get("Idempotency-Key"):
            headers["Idempotency-Key"] = str(uuid.uuid4())
        return headers
