"""Every kind of difference is explained to whoever finds it."""

import re
from pathlib import Path

from orders.domain.findings import FindingKind

RUNBOOK = Path(__file__).parents[3] / "docs" / "runbooks" / "reconcile.md"


def test_the_runbook_has_a_section_for_every_kind_in_their_order() -> None:
    sections = re.findall(r"^### (\w+)$", RUNBOOK.read_text(), flags=re.MULTILINE)
    assert sections == [kind.value for kind in FindingKind]
