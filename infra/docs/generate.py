"""Writes the pages of docs/ that repeat what the code says; with --check, only says which are out of step.

python infra/docs/generate.py [--check]
"""

import sys
from pathlib import Path

import configuration_page
import connections_page
import doctor_page
import messages_page
import metrics_page

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    "configuration.md": configuration_page.render,
    "connections.md": connections_page.render,
    "doctor.md": doctor_page.render,
    "messages.md": messages_page.render,
    "metrics.md": metrics_page.render,
}


def main() -> int:
    """Write each page, or compare it; 1 when --check finds one that is out of step."""
    current = {DOCS / name: render() for name, render in PAGES.items()}
    stale = [path for path, text in current.items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.relative_to(DOCS.parent)} is out of step with the code: run `make docs`")
        return 1 if stale else 0
    DOCS.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(current[path])
        print(f"wrote {path.relative_to(DOCS.parent)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
