"""Refuses what no service could parse or store, once, so that no router has to care.

NUL characters, invalid UTF-8, lone surrogates, numbers beyond 64 bits, over-deep documents.
"""

import json
import math
import re
from typing import Any

from starlette.types import Scope

from chassis.problems import MEDIA_TYPE_UNSUPPORTED, VALIDATION_FAILED, ProblemSpec

DEPTH_MAX = 64
INTEGER_MAX = 2**63 - 1
_NUL_IN_QUERY = re.compile(rb"%00|\x00", re.IGNORECASE)
# Only a body that shows one of these is walked through; the usual one costs a single scan.
_SUSPICIOUS = re.compile(rb"\\u|[0-9]{19}|[0-9.][eE]|NaN|Infinity")
# A string without an end is a token too, and nothing is given back (`++`, `*+`): no byte is looked at twice,
# and a long string takes no memory for ways back.
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


class Refused(Exception):
    """The request gets this answer without reaching a router."""

    def __init__(self, spec: ProblemSpec, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.spec = spec
        self.extra = extra


def check_target(scope: Scope) -> None:
    """Raises Refused for a NUL in the path or the query."""
    if "\x00" in scope["path"]:
        raise _rule_broken("path", "path", "must not contain a NUL character")
    if _NUL_IN_QUERY.search(scope["query_string"]):
        raise _rule_broken("query", "query", "must not contain a NUL character")


def check_body(body: bytes, content_type: bytes) -> None:
    """Raises Refused unless `body` is JSON that a service can take; broken JSON is left to the router."""
    media_type = content_type.partition(b";")[0].strip().lower()
    if media_type != b"application/json" and not (
        media_type.startswith(b"application/") and media_type.endswith(b"+json")
    ):
        raise Refused(MEDIA_TYPE_UNSUPPORTED, "The body must be application/json.")
    if b"\x00" in body:  # also UTF-16 and UTF-32, which a parser would take and the checks below misread
        raise _rule_broken("", "body", "must be UTF-8 without a NUL character")
    if not body.isascii():
        _check_utf8(body)
    if body.count(b"[") + body.count(b"{") > DEPTH_MAX:
        _check_depth(body)
    if _SUSPICIOUS.search(body):
        _check_values(body)


def _check_utf8(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise _rule_broken("", "body", f"is not valid UTF-8 at byte {error.start}") from None


def _check_depth(body: bytes) -> None:
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(body):
        mark = token[0]
        if mark in (b"[", b"{"):
            depth += 1
            if depth > DEPTH_MAX:
                raise _rule_broken("", "body", f"is nested deeper than {DEPTH_MAX} levels")
        elif mark in (b"]", b"}"):
            depth -= 1


def _check_values(body: bytes) -> None:
    try:
        document = json.loads(body)
    except json.JSONDecodeError:
        return  # the router's parser says where
    except (ValueError, RecursionError):
        raise _rule_broken("", "body", "contains a number that is too long") from None
    _check_value(document, ())


def _check_value(value: Any, path: tuple[str | int, ...]) -> None:
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key, path)
            _check_value(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_value(item, (*path, index))
    elif isinstance(value, int) and abs(value) > INTEGER_MAX:
        raise _rule_broken(_field(path), "body", "is beyond 64 bits")
    elif isinstance(value, float) and not math.isfinite(value):
        raise _rule_broken(_field(path), "body", "is not a finite number")


def _check_text(value: str, path: tuple[str | int, ...]) -> None:
    if "\x00" in value:
        raise _rule_broken(_field(path), "body", "must not contain a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _rule_broken("", "body", "contains half of a surrogate pair") from None


def _field(path: tuple[str | int, ...]) -> str:
    """As `parts.1.name`; made of what is refused only, for a name may be long and have many items."""
    return ".".join(map(str, path))


def _rule_broken(field: str, where: str, rule: str) -> Refused:
    error = {"field": field.encode(errors="replace").decode(), "rule": rule, "in": where}
    return Refused(VALIDATION_FAILED, f"{field or where} {rule}.", errors=[error])
