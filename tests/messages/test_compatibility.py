"""A version of a message keeps its fields: what is in an outbox today must be readable tomorrow.

`schemas/` holds the JSON schema of each version as it was first released. A new message or a new
optional field is recorded with `pytest tests/messages --record-schemas`; a change that breaks
readers is a new version, with a new type.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from bus import message_classes

SCHEMAS = Path(__file__).parent / "schemas"

each_message = pytest.mark.parametrize("message", message_classes(), ids=lambda message: message.__name__)


@each_message
def test_every_version_is_recorded(message, record_schemas):
    if record_schemas:
        SCHEMAS.mkdir(exist_ok=True)
        recorded_file(message).write_text(json.dumps(current(message), indent=2, sort_keys=True) + "\n")
    assert recorded_file(message).exists(), f"record {message.message_type} with --record-schemas"


@each_message
def test_recorded_fields_are_unchanged(message):
    for part, fields in recorded(message).items():
        kept = {name: current(message)[part]["fields"].get(name) for name in fields["fields"]}
        assert kept == fields["fields"]


@each_message
def test_no_field_became_required(message):
    for part, fields in current(message).items():
        before = recorded(message).get(part, fields)
        assert set(fields["required"]) <= set(before["required"])


def test_no_released_version_was_dropped():
    types = {message.message_type for message in message_classes()}
    assert {path.stem for path in SCHEMAS.glob("*.json")} <= types


def current(message) -> dict[str, dict[str, Any]]:
    """The fields of a message and of its nested parts, without titles and descriptions."""
    schema = message.model_json_schema()
    parts = {"": schema, **schema.get("$defs", {})}
    return {
        name: {"fields": bare(part)["properties"], "required": sorted(part.get("required", []))}
        for name, part in parts.items()
    }


def bare(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: bare(value) for key, value in node.items() if key not in {"title", "description"}}
    return [bare(value) for value in node] if isinstance(node, list) else node


def recorded_file(message):
    return SCHEMAS / f"{message.message_type}.json"


def recorded(message):
    return json.loads(recorded_file(message).read_text())
