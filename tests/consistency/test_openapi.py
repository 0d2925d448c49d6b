"""Each service's OpenAPI tells a stranger everything: what to send, what comes back, who may ask."""

import pytest

from support.services import METHODS, SERVICES, openapi_of, operations_of

PROBLEM = "application/problem+json"
# What anybody may do. Everything else needs an access token or says what else proves a right.
PUBLIC = {
    "post /api/v1/accounts",
    "post /api/v1/accounts/email-verifications",
    "post /api/v1/accounts/email-verifications/confirmation",
    "post /api/v1/accounts/password-resets",
    "post /api/v1/accounts/password-resets/confirmation",
    "post /api/v1/sessions",
    "post /api/v1/sessions/refresh",
    "post /api/v1/holds",
    "post /api/v1/orders",
    "post /api/v1/orders/lookups",
    "get /api/v1/events",
    "get /api/v1/events/{event_id}",
    "get /api/v1/events/{event_id}/seating-plan",
    "get /api/v1/events/{event_id}/availability",
}

# A provider names its notices itself, and each counts once.
NAMED_BY_ITSELF = "post /api/v1/payment-notices/{provider}"


def operations():
    for service in SERVICES:
        document = openapi_of(service)
        for method, path in operations_of(service):
            operation = document["paths"][path][method]
            yield pytest.param(document, f"{method} {path}", operation, id=f"{service}: {method} {path}")


each_operation = pytest.mark.parametrize(("document", "name", "operation"), list(operations()))


def resolve(document, node):
    """Follow $ref to what it stands for."""
    while "$ref" in node:
        found = document
        for key in node["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        node = found
    return node


def has_example(document, content):
    return (
        "example" in content or "examples" in content or is_exemplified(document, content.get("schema", {}))
    )


def is_exemplified(document, node):
    """Whether a reader sees what a value looks like: by its own example, or by those of its parts."""
    schema = resolve(document, node)
    if {"example", "examples", "default", "enum", "const", "format"} & schema.keys():
        return True
    if choices := schema.get("anyOf"):
        return any(is_exemplified(document, choice) for choice in choices)
    if schema.get("type") == "array":
        return is_exemplified(document, schema["items"])
    parts = schema.get("properties", {}).values()
    return bool(parts) and all(is_exemplified(document, part) for part in parts)


@each_operation
def test_it_says_what_it_does(document, name, operation):
    assert (
        bool(operation.get("summary")),
        bool(operation.get("description")),
        bool(operation.get("tags")),
    ) == (
        True,
        True,
        True,
    )


@each_operation
def test_its_body_has_an_example(document, name, operation):
    for content in operation.get("requestBody", {}).get("content", {}).values():
        assert has_example(document, content)


@each_operation
def test_its_success_has_an_example(document, name, operation):
    contents = [
        content
        for status, response in operation["responses"].items()
        if status.startswith("2")
        for content in response.get("content", {}).values()
    ]
    assert all(has_example(document, content) for content in contents)


@each_operation
def test_its_refusals_are_problems(document, name, operation):
    refusals = [response for status, response in operation["responses"].items() if status[0] in "45"]
    assert {tuple(response.get("content", {})) for response in refusals} == {(PROBLEM,)}


@each_operation
def test_it_says_who_may_ask(document, name, operation):
    # No requirement, or an empty one among them (a token shows more, such as drafts): anybody may.
    requirements = operation.get("security") or [{}]
    assert ({} in requirements) is (name in PUBLIC)


@each_operation
def test_a_write_takes_an_idempotency_key(document, name, operation):
    headers = {
        parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "header"
    }
    is_write = not name.startswith("get ") and name != NAMED_BY_ITSELF
    assert ("Idempotency-Key" in headers) is is_write


@each_operation
def test_a_list_is_paged_and_bounded(document, name, operation):
    schema = resolve(
        document, operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
    )
    fields = resolve(document, schema.get("schema", {})).get("properties", {})
    if "next_cursor" in fields:
        limit = next(parameter for parameter in operation["parameters"] if parameter["name"] == "limit")
        assert limit["schema"]["maximum"] <= 100


@pytest.mark.parametrize("service", SERVICES)
def test_operation_ids_are_unique(service):
    paths = openapi_of(service)["paths"].values()
    ids = [item[method]["operationId"] for item in paths for method in METHODS if method in item]
    assert len(ids) == len(set(ids))
