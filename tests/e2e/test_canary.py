"""What people entrust to us comes to rest nowhere: secrets are sent through every route and every failure we
can provoke, with debug logs on, and then looked for in all that is left, in any shape.

Not looked at: the mailbox, which stands for the world outside, and answers that are no problem documents, which
tell people what is theirs.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from chassis.ids import new_id
from chassis.messaging.dead_letters import replay_dead_letters
from rowlock_local.files import read_json
from support.canaries.battery import WRITERS, Battery
from support.canaries.cage import Cage, open_cage
from support.canaries.failures import poisonable, poisoned, without_postgres
from support.canaries.people import Identity, buy_as_guest, live_with_an_account, watch_links
from support.canaries.spray import spray
from support.services import consumer_names
from support.stage.account import new_email
from support.stage.organizer import ORGANIZATION_ID, small_plan
from support.waiting import wait_until

# The first test waits for all that happens before it, on a machine that may be busy with others.
pytestmark = pytest.mark.timeout(300)

HOLDS = 5
SPRAYED = 5
"""Of how many of its first secrets: each multiplies the requests."""
DEADLINE_S = 120
PROVOKED = (
    "validation-failed",
    "unauthenticated",
    "credentials-wrong",
    "refresh-token-invalid",
    "attendees-invalid",
    "person-limit-reached",
    "internal-error",
    "database-unavailable",
)


@pytest.fixture(scope="module")
async def cage(system):
    """Everything has happened in it."""
    async with open_cage(system) as cage:
        battery = await live(cage)
        async with letters_die(cage, battery):
            await fire_at_poisoned_tables(battery)
            await spray_everywhere(cage)
        async with without_postgres(system):
            assert {503} == {answer.status_code for answer in await battery.fire_all()}
            await fire_past_the_gateway(cage, battery)
        await asyncio.to_thread(system.stop_rabbitmq)
        try:
            await battery.fire_all()
        finally:
            await asyncio.to_thread(system.start_rabbitmq)
        await see_all_sent(cage)
        yield cage


async def fire_past_the_gateway(cage: Cage, battery: Battery) -> None:
    """Have a service itself say what is wrong: once it is not ready, the gateway answers in its place."""
    port = read_json(cage.stage.system.home.ports_file)["accounts-api-1"]
    kept = {"response": [cage.keep_problem]}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", event_hooks=kept) as accounts:
        answer = await accounts.post(
            "/api/v1/accounts/password-resets",
            json={"email": battery.who.email},
            headers={"Idempotency-Key": str(new_id())},
        )
    assert 503 == answer.status_code


def test_problem_documents_repeat_nothing(cage):
    text = b"".join(content for _, content in cage.problems)
    for kind in PROVOKED:
        assert f'"/problems/{kind}"'.encode() in text, kind
    assert "" == cage.report(cage.problems)


def test_no_log_has_them(cage):
    assert "" == cage.report(cage.logs())


async def test_no_message_has_them(cage):
    messages = await cage.messages()
    assert len(messages) > 10
    assert "" == cage.report(messages)


def test_no_dead_letter_has_them(cage):
    assert cage.dead
    assert "" == cage.report(cage.dead)


def test_no_table_has_them(cage):
    assert "" == cage.report(cage.tables())


async def live(cage: Cage) -> Battery:
    """Everybody lives a normal life first, mistakes included."""
    stage, flock = cage.stage, cage.flock
    ada, jan = Identity.new(flock, "Ada"), Identity.new(flock, "Jan")
    plan = small_plan(rows=8, seats_per_row=10, standing=60)
    plan_id = await stage.organizer.import_plan(plan)
    event_id = await stage.event(seating_plan_id=plan_id, pesel_required=True, tickets_per_person_max=1)
    holder = await live_with_an_account(cage, ada)
    guest, order = await buy_as_guest(cage, jan, event_id)
    organization = await stage.operator.write("POST", "/organizations", {"name": "Rowdy Players"}, expect=201)
    organization_id = organization.json()["organization_id"]
    # Servers say whom they refuse, and clients like to write it down.
    refused = flock.add("an address that is refused", f"refused-{new_email()}", is_guessable=True)
    await invite(cage, organization_id, refused)
    invited = flock.email("an invited address")
    await invite(cage, organization_id, invited)
    await watch_links(cage, invited, page="account/invitation")
    battery = Battery(cage, jan, holder, stage.operator, organization_id, stage.organizer, guest, order)
    for _ in range(HOLDS):
        await battery.reservation()
    placed = [await battery.place_order(pesel=jan.pesel) for _ in range(2)]
    assert [201, 409] == [answer.status_code for answer in placed], "one ticket a person"
    await stage.organizer.get(f"/organizer/events/{event_id}/attendees")
    return battery


async def invite(cage: Cage, organization_id: str, email: str) -> None:
    body = {"email": email, "role": "entrance_staff"}
    await cage.stage.operator.write("POST", f"/organizations/{organization_id}/invitations", body, expect=202)


@asynccontextmanager
async def letters_die(cage: Cage, battery: Battery) -> AsyncIterator[None]:
    """Nothing can be noted about any mail, so what leads to one becomes a dead letter."""
    system = cage.stage.system
    with poisoned(system, *poisonable(system, "notifications")):
        await battery.accounts()
        yield
        cage.dead = await wait_until(
            cage.dead_letters, deadline_s=DEADLINE_S, poll_ms=500, what="a letter died"
        )
    for consumer in consumer_names():
        await replay_dead_letters(amqp_url=system.amqp_url, consumer=consumer)


async def fire_at_poisoned_tables(battery: Battery) -> None:
    """One table after the other, so that each is reached: PostgreSQL then quotes the row it refuses."""
    system = battery.cage.stage.system
    for service in WRITERS:
        failures = Counter[int]()
        for table in poisonable(system, service):
            with poisoned(system, table):
                failures.update(answer.status_code for answer in await battery.fire(service))
        assert failures[500] > 2, f"{service}: {failures}"


async def spray_everywhere(cage: Cage) -> None:
    roles = ("buyer", "organizer", "operator", "entrance_staff")
    token = cage.stage.system.token(*roles, organizations={ORGANIZATION_ID: ["organizer"]})
    secrets = [canary.value for canary in cage.flock.canaries[:SPRAYED]]
    answers = await spray(cage.stage.gateway, token, secrets)
    statuses = Counter(answer.status_code for answer in answers)
    assert [] == [answer.text for answer in answers if answer.is_server_error]
    assert {200, 401, 404, 405, 415, 422} <= set(statuses)


async def see_all_sent(cage: Cage) -> None:
    async def sent() -> bool:
        return await cage.stage.backstage.unsent_messages() == 0

    await wait_until(sent, deadline_s=DEADLINE_S, poll_ms=250, what="every message was sent")
