"""What /metrics tells, as Prometheus reads it, and by how much it rose."""

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from chassis.metrics import exposition

Series = tuple[str, frozenset[tuple[str, str]]]


class Figures:
    """The samples of one answer of /metrics; of this process unless given."""

    def __init__(self, text: str | None = None) -> None:
        families = list(text_string_to_metric_families(exposition().decode() if text is None else text))
        self._samples: Mapping[Series, float] = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        """Of the one series with exactly these labels; None when there is none."""
        return self._samples.get((name, frozenset(labels.items())))

    def total(self, name: str, **labels: str) -> float:
        """Of all series that have these labels, whichever others they have."""
        wanted = set(labels.items())
        return sum(value for (each, has), value in self._samples.items() if each == name and wanted <= has)

    def by(self, label: str, name: str, **labels: str) -> dict[str, float]:
        """The values of a metric by the words of one label, added up over the series that have these others."""
        wanted, found = set(labels.items()), dict[str, float]()
        for (each, has), value in self._samples.items():
            if each == name and wanted <= has and (word := dict(has).get(label)) is not None:
                found[word] = found.get(word, 0.0) + value
        return found

    def names(self) -> set[str]:
        """Of all series."""
        return {name for name, _ in self._samples}


class Rise:
    """By how much this process's figures rose since this was made."""

    def __init__(self) -> None:
        self._before = Figures()

    def of(self, name: str, **labels: str) -> float:
        """Added up over the series that have these labels."""
        return Figures().total(name, **labels) - self._before.total(name, **labels)

    def by(self, label: str, name: str, **labels: str) -> dict[str, float]:
        """By the words of one label; those that did not rise are left out."""
        before = self._before.by(label, name, **labels)
        after = Figures().by(label, name, **labels)
        rise = {word: value - before.get(word, 0.0) for word, value in after.items()}
        return {word: value for word, value in rise.items() if value}
