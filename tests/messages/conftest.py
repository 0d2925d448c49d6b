"""Lets `--record-schemas` write down the messages as they are now."""

import pytest


@pytest.fixture
def record_schemas(request):
    return request.config.getoption("--record-schemas")
