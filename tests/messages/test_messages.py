"""What holds for every message on the bus, whoever sends it."""

import ast
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

import messages
from bus import SERVICES, is_command, message_classes, owner_of
from messages.base import Message

PERSONAL = {"email", "phone", "pesel", "first_name", "last_name", "attendee", "contact", "buyer_id", "token"}
PAST_TENSE = ("ed", "Made", "Found")

each_message = pytest.mark.parametrize("message", message_classes(), ids=lambda message: message.__name__)


@each_message
def test_its_type_names_owner_fact_and_version(message):
    owner, what, version = message.message_type.split(".")
    assert (owner in SERVICES, what, bool(re.fullmatch(r"v[1-9]\d*", version))) == (
        True,
        snake_case(message),
        True,
    )


@each_message
def test_it_lives_in_the_module_of_its_owner(message):
    assert message.__module__ == f"messages.{owner_of(message)}"


@each_message
def test_it_says_what_it_means(message):
    assert message.__doc__ not in (None, Message.__doc__)


@each_message
def test_a_fact_is_in_the_past_tense_and_a_command_is_not(message):
    told_in_the_past = message.__name__.endswith(PAST_TENSE)
    assert told_in_the_past is not is_command(message)


@each_message
@given(data=st.data())
def test_it_survives_the_wire(message, data):
    sent = data.draw(st.from_type(message))
    assert message.model_validate_json(sent.model_dump_json()) == sent


@each_message
@given(data=st.data())
def test_an_old_consumer_reads_a_newer_message(message, data):
    sent = data.draw(st.from_type(message))
    newer = sent.model_dump(mode="json") | {"added_in_a_later_release": {"any": "thing"}}
    assert message.model_validate(newer) == sent


@each_message
@given(data=st.data())
def test_it_names_what_it_is_about(message, data):
    sent = data.draw(st.from_type(message))
    assert sent.aggregate_id in sent.model_dump().values()


@each_message
@given(data=st.data())
def test_it_cannot_be_changed(message, data):
    sent = data.draw(st.from_type(message))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(sent, next(iter(message.model_fields)), None)


@each_message
def test_it_carries_no_personal_data(message):
    assert not PERSONAL & set(fields_within(message))


def test_no_two_messages_share_a_type():
    types = [message.message_type for message in message_classes()]
    assert len(types) == len(set(types))


def test_the_package_needs_only_pydantic():
    imported = {
        name.partition(".")[0]
        for path in Path(messages.__path__[0]).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in imported_names(node)
    }
    assert imported - sys.stdlib_module_names == {"messages", "pydantic"}


def snake_case(message: type[Message]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", message.__name__).lower()


def fields_within(model: type[BaseModel]) -> list[str]:
    """The names of all fields, those of nested parts included, as they stand in the JSON schema."""
    schema = model.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return [name for part in parts for name in part.get("properties", {})]


def imported_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
