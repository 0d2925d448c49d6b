"""What operators type."""

import asyncio
import json
import uuid
from typing import Any

from integration.accounts.conftest import Desk, Run
from integration.accounts.people import Person, new_email
from sqlalchemy import text

from accounts.commands.signing import load_signing_key, mint
from chassis.signing import KeySet, sign, verify


async def claims(desk: Desk, token: str) -> dict[str, Any]:
    keys = KeySet(await desk.publish_keys())
    return verify(token.strip(), keys, "at+jwt", "rowlock", "https://rowlock.local")


async def fresh_claims(desk: Desk, person: Person) -> dict[str, Any]:
    person.tokens = (await person.refresh()).json()
    return await claims(desk, person.tokens["access_token"])


async def test_an_account_made_by_an_operator_can_log_in_at_once(desk: Desk, rowlock: Run) -> None:
    otto = desk.person(new_email("otto"))

    made = await rowlock("accounts", "create", otto.email, "--name", "Otto")
    again = await rowlock("accounts", "create", otto.email)
    if_missing = await rowlock("accounts", "create", otto.email, "--if-missing")

    me = (await (await otto.login()).get("/accounts/me")).json()
    assert (made.exit_code, made.stdout) == (0, f"{me['account_id']}\n")
    assert (again.exit_code, again.stderr) == (1, f"the e-mail has an account already: {me['account_id']}\n")
    assert (if_missing.exit_code, if_missing.stdout) == (0, made.stdout)
    assert me["name"] == "Otto"
    assert ("email_verified", me["account_id"]) in [
        (kind, data["account_id"]) for kind, data in await desk.mailbox.messages()
    ]


async def test_what_is_no_address_makes_no_account(rowlock: Run) -> None:
    result = await rowlock("accounts", "create", "nonsense")
    assert result.exit_code == 1
    assert "nonsense" not in result.stdout


async def test_an_operator_is_one_from_the_next_token_on_until_it_is_revoked(
    desk: Desk, ada: Person, rowlock: Run
) -> None:
    granted = await rowlock("roles", "grant", ada.email.upper(), "operator")
    as_operator = await fresh_claims(desk, ada)
    revoked = await rowlock("roles", "revoke", ada.email, "operator")
    as_buyer = await fresh_claims(desk, ada)

    assert granted.stdout == f"account {as_buyer['sub']} has the role operator\n"
    assert revoked.stdout == f"account {as_buyer['sub']} no longer has the role operator\n"
    assert as_operator["roles"] == ["buyer", "operator"]
    assert as_operator["organizations"] == {}
    assert as_buyer["roles"] == ["buyer"]


async def test_a_role_within_an_organization_is_in_the_token_with_it(
    desk: Desk, ada: Person, rowlock: Run
) -> None:
    organization_id = (await rowlock("organizations", "create", "Globe Theatre")).stdout.split()[0]

    for role in ("organizer", "entrance_staff"):
        result = await rowlock("roles", "grant", ada.email, role, "--organization", organization_id)
        assert result.exit_code == 0, result.stderr
    told = await fresh_claims(desk, ada)
    await rowlock("roles", "revoke", ada.email, "entrance_staff", "--organization", organization_id)
    after = await fresh_claims(desk, ada)

    assert told["roles"] == ["buyer", "entrance_staff", "organizer"]
    assert told["organizations"] == {organization_id: ["entrance_staff", "organizer"]}
    assert after["organizations"] == {organization_id: ["organizer"]}
    [membership] = (await ada.get("/accounts/me")).json()["organizations"]
    assert membership == {"organization_id": organization_id, "name": "Globe Theatre", "roles": ["organizer"]}


async def test_roles_that_cannot_be_granted_so_are_refused_with_a_sentence(
    desk: Desk, ada: Person, rowlock: Run
) -> None:
    waiting = desk.person()
    await waiting.register()
    nowhere = uuid.uuid4()
    refusals = [
        (ada.email, "organizer", (), "the role organizer is held within an organization: name it\n"),
        (
            ada.email,
            "operator",
            ("--organization", nowhere),
            "the role operator is not held within an organization\n",
        ),
        (ada.email, "buyer", (), "every account has the role buyer\n"),
        (waiting.email, "operator", (), "there is no such account\n"),
        (new_email(), "operator", (), "there is no such account\n"),
    ]
    for email, role, options, sentence in refusals:
        result = await rowlock("roles", "grant", email, role, *options)
        assert (result.exit_code, result.stderr) == (1, sentence)
    unknown = await rowlock("roles", "grant", ada.email, "organizer", "--organization", nowhere)
    assert unknown.exit_code == 1


async def test_a_token_for_a_program_is_verified_like_any_other(desk: Desk, rowlock: Run) -> None:
    organization_id = uuid.uuid4()
    result = await rowlock(
        "token", "--role=organizer", "--role=operator", f"--organization={organization_id}", "--subject=robot"
    )

    told = await claims(desk, result.stdout)

    assert (told["sub"], told["client_id"]) == ("robot", "rowlock-cli")
    assert told["roles"] == ["operator", "organizer"]
    assert told["organizations"] == {str(organization_id): ["organizer"]}
    assert told["exp"] - told["iat"] == 900


async def test_a_long_token_keeps_its_key_published(desk: Desk, rowlock: Run) -> None:
    token = (await rowlock("token", "--role=buyer", "--lifetime-s=2000000")).stdout
    told = await claims(desk, token)
    async with desk.db.snapshot() as connection:
        ends_at = await connection.scalar(
            text("SELECT extract(epoch FROM last_token_ends_at) FROM accounts.signing_keys")
        )

    assert int(ends_at) >= told["exp"]


async def test_a_program_can_mint_tokens_and_sign_many_by_itself(desk: Desk) -> None:
    minted = await asyncio.to_thread(mint, subject="robot", roles=["buyer"], settings=desk.settings)
    key = await asyncio.to_thread(load_signing_key, desk.settings)
    expired = sign({"exp": 1}, key, "at+jwt")

    assert (await claims(desk, minted))["roles"] == ["buyer"]
    assert expired.count(".") == 2


async def test_signing_keys_are_rotated_by_a_command(desk: Desk, rowlock: Run) -> None:
    before = {key["kid"] for key in (await desk.publish_keys())["keys"]}

    rotated = await rowlock("keys", "rotate-signing")
    too_soon = await rowlock("keys", "rotate-signing")
    desk.app.state.desk.keys._read_at = 0
    after = {key["kid"] for key in (await desk.publish_keys())["keys"]}

    assert rotated.exit_code == 0, rotated.output
    [new] = after - before
    assert rotated.stdout.startswith(f"key {new} is published and signs from ")
    assert too_soon.exit_code == 1
    assert "published already" in too_soon.stderr
    assert json.dumps(sorted(before)) != json.dumps(sorted(after))


async def test_an_operator_erases_as_the_person_would(desk: Desk, ada: Person, monkeypatch) -> None:
    from accounts.commands.erasing import erase
    from chassis.erasure import Person as ToErase

    for name in ("database_url", "amqp_url", "wrapping_keys", "lookup_key"):
        monkeypatch.setenv(name.upper(), getattr(desk.settings, name))
    account_id = uuid.UUID((await ada.get("/accounts/me")).json()["account_id"])

    first = await erase(ToErase(email=ada.email.upper(), account_ids=frozenset()))
    again = await erase(ToErase(email=ada.email, account_ids=frozenset()))

    assert first.account_ids == {account_id}
    assert (again.account_ids, list(again.erased)) == (frozenset(), [])
    assert (await desk.mailbox.messages())[-1][0] == "account_erased"
    assert (await ada.try_login()).status_code == 401
