"""Ends one process of a running system at a failpoint, once."""

from dataclasses import dataclass
from pathlib import Path

from support.failpoints import known


@dataclass(frozen=True)
class Failpoints:
    """Those of the processes that were told of `directory`."""

    directory: Path

    def arm(self, service: str, name: str) -> None:
        """Let the next process of the service that reaches it end there, whichever replica it is."""
        assert name in known(service), f"no process of {service} reaches {name}"
        file = self._file(service, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()

    def is_armed(self, service: str, name: str) -> bool:
        """Whether no process has ended there yet."""
        return self._file(service, name).exists()

    def _file(self, service: str, name: str) -> Path:
        return self.directory / service / name
