"""A secret, and every shape in which it might lie about."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote, quote_plus

DIGESTS = ("md5", "sha1", "sha256", "sha512")
SHOWN_CHARS = 60
LEAST_CHARS = 8
"""A shorter secret would be found by chance."""


@dataclass(frozen=True)
class Canary:
    """`is_guessable`: there are so few of its kind that its bare digest is as good as itself."""

    name: str
    value: str
    is_guessable: bool = False

    def __post_init__(self) -> None:
        if len(self.value) < LEAST_CHARS:
            raise ValueError(f"{self.name} is too short to be recognized")

    @cached_property
    def folded(self) -> Mapping[str, bytes]:
        """Shapes whose letters may come in either case, in lower case."""
        text = self.value.encode()
        shapes = {
            "plain": text,
            "url": quote(self.value, safe="").encode(),
            "form": quote_plus(self.value).encode(),
            "json": json.dumps(self.value)[1:-1].encode(),
            "hex": text.hex().encode(),
        }
        shapes |= {f"{name} of it": digest.encode() for name, digest in self._digests()}
        return {name: shape.lower() for name, shape in _distinct(shapes.items())}

    @cached_property
    def exact(self) -> Mapping[str, bytes]:
        """Shapes whose case matters: base64, wherever in the encoded text the secret begins."""
        shapes = {f"base64 from {n}": shape for n in range(3) for shape in [_base64_core(self.value, n)]}
        safe = {f"{name}, url": shape.translate(URL_SAFE) for name, shape in shapes.items()}
        return dict(_distinct((shapes | safe).items()))

    def _digests(self) -> Iterator[tuple[str, str]]:
        for text in {self.value, self.value.casefold()} if self.is_guessable else ():
            yield from ((name, hashlib.new(name, text.encode()).hexdigest()) for name in DIGESTS)


URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _base64_core(value: str, before: int) -> bytes:
    """What is certain to be in the base64 of any text that has `value` after so many bytes, modulo 3."""
    text = value.encode()
    start = -before % 3
    whole = text[start : start + (len(text) - start) // 3 * 3]
    return base64.b64encode(whole)


def _distinct(shapes: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    seen = set[bytes]()
    for name, shape in shapes:
        if shape not in seen:
            seen.add(shape)
            yield name, shape


@dataclass(frozen=True)
class Sighting:
    """Where a canary was found, and in which shape."""

    canary: str
    shape: str
    place: str
    around: str

    def __str__(self) -> str:
        return f"{self.canary} ({self.shape}) in {self.place}: {self.around}"


@dataclass
class Flock:
    """All canaries of a test."""

    canaries: list[Canary] = field(default_factory=list[Canary])

    def add(self, name: str, value: str, *, is_guessable: bool = False) -> str:
        """Watch for this value from now on; returns it."""
        self.canaries.append(Canary(name, value, is_guessable))
        return value

    def email(self, name: str) -> str:
        """A new address; its local part alone is watched for, too."""
        local = f"zq{secrets.token_hex(8)}"
        address = f"{local}@canary.example"
        self.add(f"{name}'s local part", local)
        return self.add(name, address, is_guessable=True)

    def word(self, name: str, *, prefix: str = "Zq") -> str:
        """A new word of letters: a name, a password's core."""
        letters = "".join(secrets.choice("abcdefghijkmnopqrstuvwxyz") for _ in range(14))
        return self.add(name, f"{prefix}{letters}", is_guessable=True)

    def sightings(self, place: str, content: bytes) -> list[Sighting]:
        """Every canary that is in the content, at most once in letters of either case and once in base64."""
        lowered = content.lower()
        return [
            sighting
            for canary in self.canaries
            for text, shapes in ((lowered, canary.folded), (content, canary.exact))
            for sighting in _seen(canary.name, shapes, place, text)
        ]


def _seen(canary: str, shapes: Mapping[str, bytes], place: str, text: bytes) -> Iterator[Sighting]:
    for shape, wanted in shapes.items():
        if (at := text.find(wanted)) >= 0:
            yield Sighting(canary, shape, place, _around(text, at))
            return


def _around(text: bytes, at: int) -> str:
    return repr(text[max(0, at - SHOWN_CHARS) : at + SHOWN_CHARS].decode(errors="replace"))
