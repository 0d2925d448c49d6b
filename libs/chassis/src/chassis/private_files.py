"""Files with secrets in them: readable by their owner only, never there by halves."""

import os
from pathlib import Path


def write_private(path: Path, content: str) -> None:
    """Replace the file in one step; its mode is 0600 from the first moment."""
    part = path.with_name(f"{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    part.replace(path)
