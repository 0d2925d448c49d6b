"""How a message travels: CloudEvents 1.0, structured JSON. Nothing here knows the broker."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol
from uuid import UUID

from chassis.trace_context import usable_request_id, usable_traceparent

CONTENT_TYPE = "application/cloudevents+json"


class Publishable(Protocol):
    """What the chassis needs of a message; the messages themselves are not its business."""

    message_type: ClassVar[str]

    @property
    def aggregate_id(self) -> UUID: ...

    @property
    def aggregate_version(self) -> int | None: ...

    def model_dump(self, *, mode: str) -> dict[str, Any]: ...


class EnvelopeInvalid(Exception):
    """The body is not a CloudEvents 1.0 document of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageMeta:
    """What a handler may want to know beside the message. A higher `aggregate_version` is newer."""

    message_id: UUID
    message_type: str
    aggregate_id: str
    aggregate_version: int | None
    time: datetime
    source: str
    traceparent: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A message's meta beside its data."""

    meta: MessageMeta
    data: Any

    def to_json(self) -> bytes:
        """The CloudEvents document; optional members are left out rather than null."""
        meta = self.meta
        document: dict[str, Any] = {
            "specversion": "1.0",
            "id": str(meta.message_id),
            "source": meta.source,
            "type": meta.message_type,
            "subject": meta.aggregate_id,
            "time": meta.time.isoformat(),
            "datacontenttype": "application/json",
            "data": self.data,
        }
        if meta.aggregate_version is not None:
            document["aggregateversion"] = meta.aggregate_version
        if meta.traceparent is not None:
            document["traceparent"] = meta.traceparent
        if meta.request_id is not None:
            document["requestid"] = meta.request_id
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, body: bytes) -> "Envelope":
        """Raises EnvelopeInvalid for anything that is not such a document."""
        try:
            document = json.loads(body)
            time = datetime.fromisoformat(document["time"])
            if time.tzinfo is None:
                raise EnvelopeInvalid("`time` has no offset from UTC")
            version = document.get("aggregateversion")
            meta = MessageMeta(
                message_id=UUID(document["id"]),
                message_type=str(document["type"]),
                aggregate_id=str(document.get("subject", "")),
                aggregate_version=None if version is None else int(version),
                time=time,
                source=str(document["source"]),
                traceparent=usable_traceparent(document.get("traceparent")),
                request_id=usable_request_id(document.get("requestid")),
            )
            return cls(meta=meta, data=document["data"])
        except (ValueError, OverflowError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise EnvelopeInvalid(f"{type(error).__name__}: {error}") from error
