"""What tests lean on: real parts, clean databases, tokens, waiting with a deadline, counting queries."""

import pytest

# So that the checks in here explain themselves as those in tests do.
pytest.register_assert_rewrite("support.sale", "support.stage")
