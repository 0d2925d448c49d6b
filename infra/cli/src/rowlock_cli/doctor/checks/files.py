"""Key files and other files with secrets in them, as this command finds them."""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from chassis.fingerprints import Fingerprints, LookupKeyUnusable
from chassis.inspection import Finding
from chassis.internal_client import InternalKeyUnusable, read_internal_key
from chassis.key_sets import KeySet, KeySetUnavailable, KeyUnknown
from chassis.signing import SigningKey
from chassis.wrapping_keys import WrappingKeys, WrappingKeysUnusable
from rowlock_cli.doctor.facts import SystemFacts

KEYS = ("WRAPPING_KEYS", "LOOKUP_KEY", "INTERNAL_API_KEY", "HOLD_TOKEN_PRIVATE_KEY")
SECRETS_OF_PROVIDER = {
    "sandbox": ("SANDBOX_API_KEY", "SANDBOX_NOTICE_SECRET"),
    "stripe": ("STRIPE_API_KEY", "STRIPE_NOTICE_SECRET"),
}
DOCKER_SECRETS = Path("/run/secrets")
KUBERNETES_DATA = "..data"
"""A symbolic link that the kubelet puts into each volume of a Secret."""

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def _names(facts: SystemFacts) -> list[str]:
    provider = facts.environment.get("PAYMENT_PROVIDER", "none")
    return [*KEYS, *SECRETS_OF_PROVIDER.get(provider, ())]


def key_files_usable(facts: SystemFacts) -> Iterator[Finding]:
    """A key file, or a file with a payment provider's secret, that is not set, missing or of no use."""
    load: dict[str, Callable[[str], object]] = {
        "WRAPPING_KEYS": WrappingKeys.load,
        "LOOKUP_KEY": Fingerprints.load,
        "INTERNAL_API_KEY": read_internal_key,
        "HOLD_TOKEN_PRIVATE_KEY": SigningKey.load,
    }
    for name in _names(facts):
        path = facts.environment.get(name, "")
        remedy = "make the keys that are missing with `rowlock keys create`, and name the file"
        if name not in KEYS:
            remedy = "put the provider's secret into a file, and name it (docs/payments.md)"
        if why := _unusable(path, load.get(name, _read_secret)):
            yield Finding(setting=name, wrong=why, remedy=remedy)


def _unusable(path: str, load: Callable[[str], object]) -> str | None:
    if not path:
        return "is not set"
    try:
        load(path)
    except (WrappingKeysUnusable, LookupKeyUnusable, InternalKeyUnusable) as error:
        return str(error)
    except (OSError, ValueError, KeyError, TypeError) as error:  # not its words: they may quote the file
        return f"{path}: {type(error).__name__}"
    return None


def _read_secret(path: str) -> None:
    if not Path(path).read_text().strip():
        raise ValueError(path)


def secret_files_private(facts: SystemFacts) -> Iterator[Finding]:
    """A file with a secret in it that others than its owner can read or change."""
    for name in _names(facts):
        path = Path(facts.environment.get(name) or "/")
        if not path.is_file() or _mounted_as_secret(path):
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & OTHERS:
            yield Finding(
                setting=name,
                wrong=f"{path} has mode {mode:04o}: others can get at it",
                remedy=f"chmod 600 {path}",
            )


def _mounted_as_secret(path: Path) -> bool:
    """Docker and Kubernetes let every user of a container read its secrets; nobody outside it can."""
    return path.is_relative_to(DOCKER_SECRETS) or (path.parent / KUBERNETES_DATA).is_symlink()


def hold_token_keys_fit(facts: SystemFacts) -> Iterator[Finding]:
    """HOLD_TOKEN_JWKS without the key that signs hold tokens: every order would be refused."""
    private, public = (facts.environment.get(f"HOLD_TOKEN_{name}", "") for name in ("PRIVATE_KEY", "JWKS"))
    if not public:
        yield Finding(
            setting="HOLD_TOKEN_JWKS",
            wrong="is not set",
            remedy="name hold-token.jwks beside the private key",
        )
        return
    try:
        key_id = SigningKey.load(private).public_set()["keys"][0].get("kid")
    except (OSError, ValueError, KeyError, TypeError):
        return  # told by key_files_usable
    try:
        KeySet.load(public).find(key_id)
    except KeySetUnavailable as error:
        why = str(error)
    except KeyUnknown:
        why = f"{public} lacks the key of HOLD_TOKEN_PRIVATE_KEY"
    else:
        return
    yield Finding(
        setting="HOLD_TOKEN_JWKS",
        wrong=why,
        remedy="run `rowlock keys create`, which writes the public keys anew, and restart orders",
    )
