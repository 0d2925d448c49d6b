import psycopg
import pytest


def policy_of(house, **changes):
    return {
        "full_until": house.at(days=-14),
        "part_until": house.at(days=-1),
        "part_percent": 50,
        "fee_minor": 300,
        "fee_refunded": False,
    } | changes


async def test_a_policy_is_shown_as_it_was_set(anyone, house):
    event = await house.published(refund_policy=policy_of(house))
    shown = await anyone.get(f"/events/{event['event_id']}")
    assert policy_of(house) == shown.json()["refund_policy"]


async def test_an_event_has_no_policy_unless_it_is_given_one(house):
    assert None is (await house.draft())["refund_policy"]


async def test_what_a_policy_leaves_out_is_refunded_least(house):
    draft = await house.draft(refund_policy={})
    nothing = {"full_until": None, "part_until": None, "part_percent": 0}
    assert nothing | {"fee_minor": 0, "fee_refunded": False} == draft["refund_policy"]


async def test_a_policy_is_replaced_whole_and_taken_back_with_null(organizer, house):
    path = f"/events/{(await house.draft(refund_policy=policy_of(house)))['event_id']}"
    other = policy_of(house, full_until=None, fee_refunded=True)
    replaced = await organizer.patch(path, {"refund_policy": other})
    untouched = await organizer.patch(path, {"title": "Macbeth"})
    taken_back = await organizer.patch(path, {"refund_policy": None})
    assert [other, other, None] == [
        answer.json()["refund_policy"] for answer in (replaced, untouched, taken_back)
    ]


async def test_a_policy_is_frozen_with_the_other_terms(organizer, house, refusal):
    event = await house.published(refund_policy=policy_of(house))
    answer = await organizer.patch(f"/events/{event['event_id']}", {"refund_policy": None})
    assert (409, "event-not-draft") == refusal(answer)


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("refunds-after-start", {"part_until": {"hours": 1}}),
        ("part-refunds-end-before-full-ones", {"part_until": {"days": -15}}),
    ],
)
async def test_a_policy_keeps_its_rules(organizer, house, refusal, rule, changes):
    moved = {name: house.at(**offset) for name, offset in changes.items()}
    body = await house.event_body(refund_policy=policy_of(house, **moved))
    assert (422, rule) == refusal(await organizer.post("/events", body))


@pytest.mark.parametrize(
    "changes", [{"part_percent": 101}, {"fee_minor": -1}, {"fee_minor": 1.5}, {"fees": 300}]
)
async def test_a_policy_that_is_none_is_refused(organizer, house, refusal, changes):
    body = await house.event_body(refund_policy=policy_of(house, **changes))
    assert (422, "validation-failed") == refusal(await organizer.post("/events", body))


async def test_a_change_of_the_start_keeps_the_policy_in_order(organizer, house, refusal):
    draft = await house.draft(refund_policy=policy_of(house))
    earlier = {"starts_at": house.at(days=-2), "sales_end_at": house.at(days=-2)}
    answer = await organizer.patch(f"/events/{draft['event_id']}", earlier)
    assert (422, "refunds-after-start") == refusal(answer)


@pytest.mark.parametrize(
    "broken",
    [
        "refund_part_percent = 101",
        "refund_fee_minor = -1",
        "refund_fee_minor = NULL",
        "refund_part_until = refund_full_until",
        "refund_full_until = starts_at + interval '1 second', refund_part_until = NULL",
        "refund_part_percent = NULL, refund_fee_minor = NULL, refund_fee_refunded = NULL",
    ],
)
async def test_the_database_keeps_the_rules_too(house, settings, broken):
    await house.draft(refund_policy=policy_of(house))
    statement = f"UPDATE catalog.events SET {broken}".encode()
    with psycopg.connect(settings.database_url) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(statement)
