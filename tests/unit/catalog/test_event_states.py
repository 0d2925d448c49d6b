from dataclasses import replace
from datetime import timedelta

import pytest

from catalog.domain import event_errors as errors
from catalog.domain.event import EventState


@pytest.fixture
def now(terms):
    """A moment within the sales window."""
    return terms.sales_start_at + timedelta(days=1)


def test_a_draft_is_published(draft, now):
    published = draft.publish(now=now)
    assert (EventState.PUBLISHED, 2, now) == (published.state, published.version, published.published_at)


def test_an_event_may_be_published_before_its_sales_start(draft, terms):
    early = terms.sales_start_at - timedelta(days=30)
    assert EventState.PUBLISHED == draft.publish(now=early).state


def test_an_event_is_published_once(draft, now):
    with pytest.raises(errors.EventNotDraft):
        draft.publish(now=now).publish(now=now)


def test_an_event_whose_sales_are_over_is_not_published(draft, terms):
    with pytest.raises(errors.SalesAlreadyOver):
        draft.publish(now=terms.sales_end_at)


def test_an_event_that_has_started_is_not_published(draft, terms):
    late_sales = replace(draft, terms=replace(terms, sales_end_at=terms.ends_at))
    with pytest.raises(errors.EventAlreadyStarted):
        late_sales.publish(now=terms.starts_at)


def test_an_event_that_requires_a_pesel_is_published(draft, terms, now):
    strict = replace(draft, terms=replace(terms, pesel_required=True))
    assert EventState.PUBLISHED == strict.publish(now=now).state


def test_a_draft_takes_other_terms(draft, terms):
    changed = draft.with_terms(replace(terms, title="Macbeth"))
    assert ("Macbeth", 2) == (changed.terms.title, changed.version)


def test_a_published_event_takes_no_other_terms(draft, terms, now):
    with pytest.raises(errors.EventNotDraft):
        draft.publish(now=now).with_terms(terms)


def test_a_published_event_is_cancelled_for_a_reason(draft, now):
    cancelled = draft.publish(now=now).cancel(reason="Fire", now=now)
    assert (EventState.CANCELLED, 3, "Fire") == (
        cancelled.state,
        cancelled.version,
        cancelled.cancellation_reason,
    )


def test_a_draft_is_not_cancelled(draft, now):
    with pytest.raises(errors.EventNotPublished):
        draft.cancel(reason="Fire", now=now)


def test_an_event_is_cancelled_once(draft, now):
    cancelled = draft.publish(now=now).cancel(reason="Fire", now=now)
    with pytest.raises(errors.EventNotPublished):
        cancelled.cancel(reason="Fire", now=now)


def test_an_event_that_has_ended_is_not_cancelled(draft, terms, now):
    with pytest.raises(errors.EventAlreadyEnded):
        draft.publish(now=now).cancel(reason="Fire", now=terms.ends_at)


def test_a_stale_version_is_refused(draft):
    with pytest.raises(errors.EventHasChanged):
        draft.expect_version(7)


def test_no_version_is_never_stale(draft):
    draft.expect_version(None)
