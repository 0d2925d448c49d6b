"""Who may do what: each role and each guest's right, at each route, with their own things and others'.

The table is made of the routes that the services describe in their OpenAPI: one without a row fails, and
so does a row without a route. How to read a cell is told in `support.rights.table`; a thing that is not
there must look exactly as one that is another's.
"""

import asyncio
from urllib.parse import quote

import pytest

from support.rights.bodies import body_of, query_of
from support.rights.cast import gather_troupe
from support.rights.table import GRANTED, REFUSED, Rule, read_table
from support.rights.things import KINDS, SECRET, Thing, may_have
from support.rights.workshop import Workshop
from support.services import SERVICES, operations_of
from support.stage.person import said

TABLE = read_table("""
route                                                     thing         nobody buyer    organizer  staff    operator holder  orderer

# Accounts. Whoever has a session may do with it and with their own account what they like; nobody sees another's.
post   /api/v1/accounts                                   -             yes    yes      yes        yes      yes      yes     yes
post   /api/v1/accounts/email-verifications               -             yes    yes      yes        yes      yes      yes     yes
post   /api/v1/accounts/email-verifications/confirmation  verification  all    all      all        all      all      all     all
post   /api/v1/accounts/password-resets                   -             yes    yes      yes        yes      yes      yes     yes
post   /api/v1/accounts/password-resets/confirmation      reset         all    all      all        all      all      all     all
post   /api/v1/sessions                                   login         all    all      all        all      all      all     all
post   /api/v1/sessions/refresh                           login         all    all      all        all      all      all     all
get    /api/v1/sessions                                   -             401    yes      yes        yes      yes      401     401
delete /api/v1/sessions                                   self          401    yes/-    yes/-      yes/-    yes/-    401     401
delete /api/v1/sessions/current                           self          401    yes/-    yes/-      yes/-    yes/-    401     401
delete /api/v1/sessions/{session_id}                      session       401    yes/404  yes/404    yes/404  yes/404  401     401
get    /api/v1/accounts/me                                -             401    yes      yes        yes      yes      401     401
patch  /api/v1/accounts/me                                -             401    yes      yes        yes      yes      401     401
put    /api/v1/accounts/me/password                       self          401    yes/-    yes/-      yes/-    yes/-    401     401
delete /api/v1/accounts/me                                self          401    yes/-    yes/-      yes/-    yes/-    401     401
get    /api/v1/accounts/me/export                         -             401    yes      yes        yes      yes      401     401

# Organizations. Operators make them; organizers say who belongs to theirs.
get    /api/v1/organizations                              -             401    yes      yes        yes      all      401     401
post   /api/v1/organizations                              -             401    403      403        403      yes      401     401
get    /api/v1/organizations/{organization_id}            organization  401    404      yes/404    yes/404  all      401     401
get    /api/v1/organizations/{organization_id}/members    organization  401    404      yes/404    403/404  all      401     401
get    /api/v1/organizations/{organization_id}/invitations organization 401    404      yes/404    403/404  all      401     401
post   /api/v1/organizations/{organization_id}/invitations organization 401    404      yes/404    403/404  all      401     401
delete /api/v1/organizations/{organization_id}/invitations/{invitation_id} open-invitation 401 404 yes/404 403/404 all 401 401
delete /api/v1/organizations/{organization_id}/members/{account_id} member 401 404    yes/404    403/404  all      401     401
post   /api/v1/invitations/acceptance                     invitation    401    yes/403  yes/403    yes/403  yes/403  401     401

# Catalog. A published event is for everybody, all else for the organizers of its organization.
get    /api/v1/events                                     -             all    all      all        all      all      all     all
get    /api/v1/events/{event_id}                          event         all    all      all        all      all      all     all
get    /api/v1/events/{event_id}                          draft         404    404      yes/404    404/404  404      404     404
get    /api/v1/events/{event_id}/seating-plan             event         all    all      all        all      all      all     all
get    /api/v1/events/{event_id}/seating-plan             draft         404    404      yes/404    404/404  404      404     404
post   /api/v1/events                                     draft         401    403      yes/403    403/403  403      401     401
patch  /api/v1/events/{event_id}                          draft         401    403      yes/404    403/403  403      401     401
post   /api/v1/events/{event_id}/publication              draft         401    403      yes/404    403/403  403      401     401
post   /api/v1/events/{event_id}/cancellation             event         401    403      yes/404    403/403  403      401     401
get    /api/v1/organizer/events                           -             401    403      yes        403      403      401     401
get    /api/v1/venues                                     -             401    403      yes        403      403      401     401
post   /api/v1/venues                                     organization  401    403      yes/403    403/403  403      401     401
get    /api/v1/venues/{venue_id}                          venue         401    403      yes/404    403/403  403      401     401
get    /api/v1/seating-plans                              -             401    403      yes        403      403      401     401
post   /api/v1/seating-plans                              organization  401    403      yes/403    403/403  403      401     401
get    /api/v1/seating-plans/{seating_plan_id}            plan          401    403      yes/404    403/403  403      401     401

# Holds. Anybody places one; then it is its buyer's, and whoever bears its token is taken for them.
post   /api/v1/holds                                      event         all    all      all        all      all      all     all
get    /api/v1/holds/{hold_id}                            hold          401    yes/404  yes/404    yes/404  yes/404  yes/404 401
delete /api/v1/holds/{hold_id}                            hold          401    yes/404  yes/404    yes/404  yes/404  yes/404 401
delete /api/v1/holds/{hold_id}/seats/{seat_id}            hold          401    yes/404  yes/404    yes/404  yes/404  yes/404 401
post   /api/v1/holds/{hold_id}/renewals                   hold          401    yes/404  yes/404    yes/404  yes/404  yes/404 401
get    /api/v1/events/{event_id}/availability             event         all    all      all        all      all      all     all
get    /api/v1/events/{event_id}/blocked-seats            event         401    403      yes/404    403/403  403      401     401
post   /api/v1/events/{event_id}/blocked-seats            event         401    403      yes/404    403/403  403      401     401
post   /api/v1/events/{event_id}/unblocked-seats          blocked       401    403      yes/404    403/403  403      401     401

# Orders. An order is its buyer's, or of whoever bears its token; operators read all and record payments.
post   /api/v1/orders                                     hold          all    all      all        all      all      all     all
get    /api/v1/orders                                     -             401    yes      yes        yes      yes      401     401
get    /api/v1/orders/{order_id}                          order         401    yes/404  yes/404    yes/404  all      401     yes/404
get    /api/v1/orders/{order_id}/tickets                  order         401    yes/404  yes/404    yes/404  all      401     yes/404
post   /api/v1/orders/{order_id}/finalization             order         401    yes/404  yes/404    yes/404  yes/404  401     yes/404
post   /api/v1/orders/{order_id}/cancellation             order         401    yes/404  yes/404    yes/404  yes/404  401     yes/404
get    /api/v1/orders/{order_id}/cancellation-terms       order         401    yes/404  yes/404    yes/404  all      401     yes/404
post   /api/v1/orders/{order_id}/cancelled-tickets        confirmed     401    yes/404  yes/404    yes/404  yes/404  401     yes/404
patch  /api/v1/orders/{order_id}/attendees/{line_id}      order         401    yes/404  yes/404    yes/404  yes/404  401     yes/404
post   /api/v1/orders/{order_id}/recorded-payments        priced        401    403/403  403/403    403/403  all      401     401/401
post   /api/v1/orders/{order_id}/payments                 priced        401    yes/404  yes/404    yes/404  yes/404  401     yes/404
get    /api/v1/orders/{order_id}/payments/{payment_id}    payment       401    yes/404  yes/404    yes/404  all      401     yes/404
post   /api/v1/payment-notices/{provider}                 notice        401    401      401        401      401      401     401
delete /api/v1/orders/{order_id}/access-token             order         401    yes/404  yes/404    yes/404  yes/404  401     yes/404
post   /api/v1/orders/claims                              -             401    yes      yes        yes      yes      401     401
post   /api/v1/orders/lookups                             -             yes    yes      yes        yes      yes      yes     yes
get    /api/v1/organizer/events/{event_id}/attendees      event         401    403      yes/404    403/403  403      401     401
get    /api/v1/organizer/events/{event_id}/refunds        event         401    403      yes/404    403/403  all      401     401
""")
by_rule = pytest.mark.parametrize("rule", TABLE, ids=str)


@pytest.fixture(scope="module")
async def shop(stage):
    """The people of the table and where their things are made."""
    return await Workshop.open(stage, await gather_troupe(stage))


def test_every_route_has_its_row_and_every_row_its_route():
    routes = {operation for service in SERVICES for operation in operations_of(service)}
    assert routes == {rule.route for rule in TABLE}


@by_rule
def test_a_row_says_something_of_ones_own_where_one_can_have_such_a_thing(rule):
    assert rule.thing in KINDS
    told = {who for who, cell in rule.cells.items() if cell.own}
    owners = {who for who, cell in rule.cells.items() if may_have(who, rule.thing) and cell.others != "all"}
    assert owners == told


@by_rule
async def test_others_things_are_out_of_reach_and_look_as_if_they_were_not_there(rule, shop):
    refused_to = [who for who, cell in rule.cells.items() if cell.others in REFUSED]
    for thing in await shop.others(rule.thing) if refused_to else ():
        await asyncio.gather(*(see_refused(shop, who, rule, thing) for who in refused_to))
        if any(cell.own in GRANTED for cell in rule.cells.values()):
            answer = await request(thing.owner, rule, thing)
            assert answer.is_success, told("its owner, after all these", answer)


@by_rule
async def test_what_is_granted_is_granted(rule, shop):
    granted_to = [who for who, cell in rule.cells.items() if cell.others in GRANTED]
    everybodys = await asyncio.gather(*(shop.others(rule.thing) for _ in granted_to))
    for who, things in zip(granted_to, everybodys, strict=True):
        for thing in things:
            answer = await ask(shop, who, rule, thing)
            assert answer.is_success, told(who, answer)
            if rule.cells[who].others != "all":
                assert [] == shop.seen_of_others(answer.text), told(who, answer)


@by_rule
async def test_with_ones_own_thing_one_may_do_what_the_table_says(rule, shop):
    for who, cell in rule.cells.items():
        if cell.own:
            thing = await shop.own(rule.thing, who)
            answer = await request(thing.owner, rule, thing)
            expected = cell.own in GRANTED if answer.is_success else cell.own == str(answer.status_code)
            assert expected, told(who, answer)


async def see_refused(shop: Workshop, who: str, rule: Rule, thing: Thing) -> None:
    refused = await ask(shop, who, rule, thing)
    assert rule.cells[who].others == str(refused.status_code), told(who, refused)
    if thing.key != SECRET:
        unknown = thing.unknown()
        answer = await ask(shop, who, rule, unknown)
        assert said_of(refused, thing) == said_of(answer, unknown), told(who, answer)


async def ask(shop: Workshop, who: str, rule: Rule, thing: Thing):
    """One of this column tries it, with all the rights they have."""
    return await request(shop.troupe.play(who), rule, thing)


async def request(person, rule: Rule, thing: Thing):
    names = {name: quote(value, safe="") for name, value in thing.names.items()}
    path = rule.path.removeprefix("/api/v1").format(**names) + query_of(rule.method, rule.path, thing)
    return await person.send(rule.method.upper(), path, body_of(rule.method, rule.path, thing))


def said_of(answer, thing: Thing) -> str:
    """All that is told about a thing, whatever its name."""
    return str(said(answer)).replace(thing.name, "…") if thing.key else str(said(answer))


def told(who: str, answer) -> str:
    return (
        f"{who}: {answer.request.method} {answer.request.url.path} gave {answer.status_code}: {answer.text}"
    )
