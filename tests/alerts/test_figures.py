"""Every figure that rules and dashboard ask for is there in a running system, by its name."""

import pytest

from support.promql import dashboard_expressions, metric_names, rules

ASKED = sorted(
    {name for rule in rules() for name in metric_names(rule["expr"])}
    | {name for expression in dashboard_expressions().values() for name in metric_names(expression)}
)


@pytest.mark.parametrize("name", ASKED)
async def test_the_metric_is_told(alerts, name):
    assert await alerts.value(f'count({{__name__=~"{name}(_bucket)?"}})')


async def test_panels_of_the_dashboard_have_something_to_show(alerts):
    empty = [
        where for where, expression in dashboard_expressions().items() if not await alerts.value(expression)
    ]

    assert [] == empty
