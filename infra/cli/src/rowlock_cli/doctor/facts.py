"""All that the checks look at, gathered once; what could not be asked is Unanswered, and says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.inspection import Finding
from chassis.messaging.inspection import BrokerSight
from chassis.settings import ServiceSettings
from rowlock_cli.asking import Unanswered
from rowlock_cli.looks.databases import DatabaseSight
from rowlock_cli.looks.gateway import GatewaySight
from rowlock_cli.looks.replicas import ReplicaSight
from rowlock_cli.operator_settings import OperatorSettings


@dataclass(frozen=True, kw_only=True)
class SystemFacts:
    """A system at one moment. Databases and settings are by service, queues by name."""

    environment: Mapping[str, str]
    operator: OperatorSettings
    settings: Mapping[str, ServiceSettings]
    """Of the services whose settings are at hand and right."""
    wrong_settings: Mapping[str, Mapping[str, str]]
    """Of the others: setting -> what is wrong with it."""
    replicas: Sequence[ReplicaSight]
    databases: Mapping[str, DatabaseSight | Unanswered]
    broker: BrokerSight | Unanswered
    differing_queues: Mapping[str, str] | Unanswered
    broker_takes_messages: bool | Unanswered
    gateway: GatewaySight
    access_token_keys: Unanswered | None
    """Why ACCESS_TOKEN_JWKS cannot be read from here."""
    own_findings: Mapping[str, Sequence[Finding] | Unanswered] = field(
        default_factory=dict[str, Sequence[Finding] | Unanswered]
    )
    """Of the services' own checks, by name."""

    @property
    def is_production(self) -> bool:
        """Whether the command, or any process, was told so."""
        modes = [
            self.environment.get("ROWLOCK_MODE"),
            *(each.setting("ROWLOCK_MODE") for each in self.replicas),
        ]
        return "production" in modes

    @property
    def telling(self) -> list[ReplicaSight]:
        """The processes that told of themselves."""
        return [replica for replica in self.replicas if replica.facts]

    @property
    def seen_databases(self) -> list[DatabaseSight]:
        """Those that could be looked at."""
        return [sight for sight in self.databases.values() if isinstance(sight, DatabaseSight)]

    def unanswered(self) -> dict[str, str]:
        """What could not be asked, and why."""
        asked: dict[str, Any] = {
            "rabbitmq": self.broker,
            "queues": self.differing_queues,
            **{f"database of {service}": sight for service, sight in self.databases.items()},
            **self.own_findings,
        }
        told = {part: str(answer) for part, answer in asked.items() if isinstance(answer, Unanswered)}
        told |= {f"{each.name} {each.address}": each.unanswered for each in self.replicas if each.unanswered}
        told |= {
            f"{each.name} {each.address}": "tells nothing at /aboutz: another version"
            for each in self.replicas
            if not (each.unanswered or each.facts)
        }
        if self.gateway.unanswered:
            told["gateway"] = f"{self.gateway.url}: {self.gateway.unanswered}"
        return told
