"""Wrapping keys: what data keys are wrapped by. They live in a file, never in the database.

    {"active": "<id>", "keys": {"<id>": "<base64url of 32 bytes>", ...}}

New data keys are wrapped by the active one; the others still open what they once wrapped.
"""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.private_files import write_private

KEY_BYTES = 32
NONCE_BYTES = 12


class WrappingKeysUnusable(Exception):
    """WRAPPING_KEYS names no file of wrapping keys."""


class WrappingKeyUnknown(Exception):
    """A data key is wrapped by a key that is not in the file of WRAPPING_KEYS."""


class WrappedKeyBroken(Exception):
    """A wrapped data key was changed, or moved from another row."""


@dataclass(frozen=True, slots=True)
class WrappingKeys:
    """The keys of one file, 32 bytes each, by id."""

    active_id: str
    keys: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"WrappingKeys(active_id={self.active_id!r})"

    @classmethod
    def create(cls) -> Self:
        """One new key."""
        return cls("", {}).with_new_key()

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read the file; raises WrappingKeysUnusable."""
        if not str(path):
            raise WrappingKeysUnusable(
                "WRAPPING_KEYS is not set: it names the file of wrapping keys (rowlock keys create)"
            )
        try:
            document = json.loads(Path(path).read_text())
            keys = {key_id: urlsafe_b64decode(key) for key_id, key in document["keys"].items()}
            active_id = document["active"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            # Not the error's words: they may quote the file.
            raise WrappingKeysUnusable(
                f"{path} is no file of wrapping keys: {type(error).__name__}"
            ) from None
        if active_id not in keys or any(len(key) != KEY_BYTES for key in keys.values()):
            raise WrappingKeysUnusable(
                f"{path}: the active key is missing, or a key has not {KEY_BYTES} bytes"
            )
        return cls(active_id, keys)

    def with_new_key(self) -> Self:
        """These keys and a new one, which is the active one."""
        key_id = f"wk-{secrets.token_hex(8)}"
        return type(self)(key_id, {**self.keys, key_id: secrets.token_bytes(KEY_BYTES)})

    def save(self, path: Path) -> None:
        """Write the file, readable by its owner only, in one step."""
        keys = {key_id: urlsafe_b64encode(key).decode() for key_id, key in self.keys.items()}
        write_private(path, json.dumps({"active": self.active_id, "keys": keys}, indent=2) + "\n")

    def wrap(self, data_key: bytes, *, label: str) -> bytes:
        """`data_key` under the active key, bound to `label`: nonce, ciphertext, tag."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self.keys[self.active_id]).encrypt(
            nonce, data_key, self._bound(self.active_id, label)
        )

    def unwrap(self, wrapped: bytes, *, key_id: str, label: str) -> bytes:
        """What `wrap` wrapped. Raises WrappingKeyUnknown or WrappedKeyBroken."""
        key = self.keys.get(key_id)
        if key is None:
            raise WrappingKeyUnknown(f"the wrapping key {key_id} is not in the file of WRAPPING_KEYS")
        try:
            return AESGCM(key).decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], self._bound(key_id, label)
            )
        except (InvalidTag, ValueError):
            raise WrappedKeyBroken(f"{label} does not unwrap under {key_id}") from None

    @staticmethod
    def _bound(key_id: str, label: str) -> bytes:
        return f"rowlock data key\0{label}\0{key_id}".encode()
