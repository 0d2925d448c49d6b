"""Signing keys in files: a private JWK and the public JWKS that goes with it."""

import json
from pathlib import Path

from chassis.signing import SigningKey, create_key

NAMES = ("access-token", "hold-token")


def create_keys(folder: Path) -> list[Path]:
    """Make every key pair that is missing; the private files made. What exists is never replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    return [private for name in NAMES if (private := create_pair(folder, name=name))]


def create_pair(folder: Path, *, name: str) -> Path | None:
    """Make one key pair; None when the private key was there. The public set is written again in any case."""
    private = folder / f"{name}.jwk"
    created = not private.exists()
    if created:
        part = folder / f"{name}.jwk.part"
        create_key().save(part)
        part.replace(private)
    public = json.dumps(SigningKey.load(private).public_set(), indent=2)
    (folder / f"{name}.jwks").write_text(f"{public}\n")
    return private if created else None
