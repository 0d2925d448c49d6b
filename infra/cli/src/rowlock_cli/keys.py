"""Key files: signing keys (a private JWK and its public JWKS), and the secrets services share."""

import json
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

from chassis.private_files import write_private
from chassis.signing import SigningKey, create_key
from chassis.wrapping_keys import WrappingKeys

NAMES = ("hold-token",)
WRAPPING_KEYS = "wrapping-keys.json"
LOOKUP_KEY = "lookup.key"
INTERNAL_API_KEY = "internal-api.key"
SANDBOX_API_KEY, SANDBOX_NOTICE_SECRET = "sandbox-api.key", "sandbox-notice.key"
SECRET_BYTES = 32


def create_keys(folder: Path) -> list[Path]:
    """Make every key file that is missing; the private files made. What exists is never replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    secret_files: dict[str, Callable[[Path], None]] = {
        WRAPPING_KEYS: WrappingKeys.create().save,
        LOOKUP_KEY: write_secret,
        INTERNAL_API_KEY: write_secret,
    }
    made = [private for name in NAMES if (private := create_pair(folder, name=name))]
    for name, write in secret_files.items():
        if not (folder / name).exists():
            write(folder / name)
            made.append(folder / name)
    return made


def create_pair(folder: Path, *, name: str) -> Path | None:
    """Make one key pair; None when the private key was there. The public set is written again in any case."""
    private = folder / f"{name}.jwk"
    created = not private.exists()
    if created:
        create_key().save(private)
    public = json.dumps(SigningKey.load(private).public_set(), indent=2)
    (folder / f"{name}.jwks").write_text(f"{public}\n")
    return private if created else None


def write_secret(file: Path) -> None:
    """A new random secret in base64url."""
    write_private(file, urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).decode() + "\n")


def create_payment_sandbox_keys(folder: Path) -> list[Path]:
    """Make the secrets of the payment sandbox that are missing; the files made."""
    made: list[Path] = []
    if not (folder / SANDBOX_API_KEY).exists():
        write_secret(folder / SANDBOX_API_KEY)
        made.append(folder / SANDBOX_API_KEY)
    if not (folder / SANDBOX_NOTICE_SECRET).exists():
        secret = b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        write_private(folder / SANDBOX_NOTICE_SECRET, f"whsec_{secret}\n")
        made.append(folder / SANDBOX_NOTICE_SECRET)
    return made


def add_wrapping_key(file: Path) -> str:
    """Put a new wrapping key into the file and make it the active one; returns its id. The others stay,
    for what they wrapped. Raises WrappingKeysUnusable.
    """
    keys = WrappingKeys.load(file).with_new_key()
    keys.save(file)
    return keys.active_id
