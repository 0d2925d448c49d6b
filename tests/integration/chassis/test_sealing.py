"""What is sealed is readable where it was sealed, and nowhere else."""

import asyncio
import json
import secrets
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from chassis.data_keys import DataKeys
from chassis.database import Database
from chassis.resealing import rotate_data_key
from chassis.sealing import Place, SealBroken, Sealer, open_sealer
from chassis.wrapping_keys import WrappedKeyBroken, WrappingKeys, WrappingKeysUnusable, WrappingKeyUnknown

pytestmark = pytest.mark.usefixtures("own_data_keys")

CONTACT = Place("parcels.contacts", "sealed")
PESEL = b"44051401359"


@pytest.fixture
def settings(settings_of, tmp_path):
    WrappingKeys.create().save(tmp_path / "wrapping-keys.json")
    return settings_of(wrapping_keys=str(tmp_path / "wrapping-keys.json"))


@pytest.fixture
def sealer(settings, db) -> Sealer:
    return Sealer.of(settings, db)


async def data_keys(db) -> list[Any]:
    async with db.transaction() as tx:
        return list((await tx.execute(text("SELECT * FROM data_keys ORDER BY created_at"))).all())


async def test_what_is_sealed_is_unsealed_in_its_place(sealer):
    sealed = await sealer.seal(PESEL, place=CONTACT, row="7")

    assert await sealer.unseal(sealed, place=CONTACT, row="7") == PESEL
    assert PESEL not in sealed


async def test_the_same_value_never_looks_the_same(sealer):
    once, again = [await sealer.seal(PESEL, place=CONTACT, row="7") for _ in range(2)]

    assert once != again


async def test_an_empty_value_can_be_sealed(sealer):
    assert await sealer.unseal(await sealer.seal(b"", place=CONTACT, row="7"), place=CONTACT, row="7") == b""


async def test_json_comes_back_as_it_was(sealer):
    value = {"email": "zoë@example.pl", "phone": None, "tags": [1, 2.5, "ą"]}
    sealed = await sealer.seal_json(value, place=CONTACT, row="7")

    assert await sealer.unseal_json(sealed, place=CONTACT, row="7") == value


@pytest.mark.parametrize(
    ("place", "row"),
    [
        (CONTACT, "8"),
        (CONTACT, ""),
        (Place("parcels.contacts", "name"), "7"),
        (Place("parcels.attendees", "sealed"), "7"),
        (Place("orders.contacts", "sealed"), "7"),
        (Place("parcels.contacts\0sealed", ""), "7"),
        (Place("parcels", "contacts.sealed"), "7"),
    ],
)
async def test_a_value_moved_to_another_row_column_or_table_does_not_unseal(sealer, place, row):
    sealed = await sealer.seal(PESEL, place=CONTACT, row="7")

    with pytest.raises(SealBroken):
        await sealer.unseal(sealed, place=place, row=row)


async def test_values_swapped_between_two_rows_do_not_unseal(sealer):
    ada, jan = [await sealer.seal(PESEL, place=CONTACT, row=row) for row in ("ada", "jan")]

    with pytest.raises(SealBroken):
        await sealer.unseal(ada, place=CONTACT, row="jan")
    with pytest.raises(SealBroken):
        await sealer.unseal(jan, place=CONTACT, row="ada")


async def test_no_byte_of_it_can_be_changed(sealer):
    sealed = await sealer.seal(PESEL, place=CONTACT, row="7")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealBroken):
            await sealer.unseal(bytes(changed), place=CONTACT, row="7")


@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda s: s + b"\0", lambda s: s[:45], lambda _: b""])
async def test_it_can_be_neither_cut_nor_drawn_out(sealer, change):
    sealed = await sealer.seal(PESEL, place=CONTACT, row="7")

    with pytest.raises(SealBroken):
        await sealer.unseal(change(sealed), place=CONTACT, row="7")


async def test_what_was_never_sealed_is_no_value(sealer):
    with pytest.raises(SealBroken, match="not sealed"):
        await sealer.unseal(json.dumps({"email": "ada@example.org" * 4}).encode(), place=CONTACT, row="7")


async def test_a_value_under_another_key_of_the_same_schema_does_not_unseal_by_it(sealer, db):
    sealed = await sealer.seal(PESEL, place=CONTACT, row="7")
    async with db.transaction() as tx:
        row = sealer.keys.new_row()
        await tx.execute(
            text(
                "INSERT INTO data_keys VALUES (:data_key_id, :wrapped, :wrapping_key_id, 'retired', now(), now())"
            ),
            row,
        )
    relabelled = sealed[:1] + row["data_key_id"].bytes + sealed[17:]

    with pytest.raises(SealBroken):
        await sealer.unseal(relabelled, place=CONTACT, row="7")


async def test_the_error_tells_the_place_and_nothing_of_the_value(sealer):
    sealed = await sealer.seal(PESEL, place=CONTACT, row="44051401359")
    with pytest.raises(SealBroken) as raised:
        await sealer.unseal(sealed, place=Place("parcels.contacts", "name"), row="44051401359")

    assert "parcels.contacts.name" in str(raised.value)
    assert "44051401359" not in str(raised.value)
    assert sealed.hex() not in str(raised.value)


async def test_the_database_without_the_wrapping_key_opens_nothing(sealer, db, settings_of, tmp_path):
    sealed = await sealer.seal(PESEL, place=CONTACT, row="7")
    WrappingKeys.create().save(tmp_path / "another.json")
    thief = Sealer.of(settings_of(wrapping_keys=str(tmp_path / "another.json")), db)

    with pytest.raises(WrappingKeyUnknown):
        await thief.unseal(sealed, place=CONTACT, row="7")
    with pytest.raises(WrappingKeyUnknown):
        await thief.seal(PESEL, place=CONTACT, row="7")


async def test_a_wrapping_key_of_the_same_name_and_other_bytes_opens_nothing(
    sealer, db, settings_of, tmp_path
):
    await sealer.seal(PESEL, place=CONTACT, row="7")
    name = sealer.keys.wrapping_keys().active_id
    WrappingKeys(name, {name: secrets.token_bytes(32)}).save(tmp_path / "forged.json")
    forger = Sealer.of(settings_of(wrapping_keys=str(tmp_path / "forged.json")), db)

    with pytest.raises(WrappedKeyBroken):
        await forger.seal(PESEL, place=CONTACT, row="7")


async def test_a_data_key_swapped_with_another_row_of_the_table_does_not_unwrap(sealer, settings, db):
    sealed = await sealer.seal(PESEL, place=CONTACT, row="7")
    other = sealer.keys.new_row()
    async with db.transaction() as tx:
        await tx.execute(text("UPDATE data_keys SET wrapped = :wrapped"), {"wrapped": other["wrapped"]})

    with pytest.raises(WrappedKeyBroken):
        await Sealer.of(settings, db).unseal(sealed, place=CONTACT, row="7")


async def test_without_a_file_of_wrapping_keys_the_setting_is_named(settings_of, db):
    nameless = Sealer.of(settings_of(wrapping_keys=""), db)

    with pytest.raises(WrappingKeysUnusable, match="WRAPPING_KEYS is not set"):
        nameless.check()
    with pytest.raises(WrappingKeysUnusable, match="WRAPPING_KEYS is not set"):
        await nameless.seal(PESEL, place=CONTACT, row="7")
    assert await data_keys(db) == []


async def test_processes_that_start_together_make_one_key(settings, parcels_url, db):
    """Each with a Database of its own, as processes have."""
    databases = [Database(parcels_url) for _ in range(12)]
    try:
        sealers = await asyncio.gather(*(open_sealer(settings, database) for database in databases))
        sealed = [
            await sealer.seal(str(number).encode(), place=CONTACT, row="7")
            for number, sealer in enumerate(sealers)
        ]
        read = [await sealers[0].unseal(value, place=CONTACT, row="7") for value in sealed]
    finally:
        await asyncio.gather(*(database.close() for database in databases))

    assert [key.state for key in await data_keys(db)] == ["active"]
    assert len({Sealer.key_id(value) for value in sealed}) == 1
    assert read == [str(number).encode() for number in range(12)]


async def test_the_database_knows_one_active_key_at_most(sealer, db):
    await sealer.seal(PESEL, place=CONTACT, row="7")
    with pytest.raises(Exception, match="data_keys_active_key"):
        async with db.transaction() as tx:
            await tx.execute(
                text(
                    "INSERT INTO data_keys VALUES (:data_key_id, :wrapped, :wrapping_key_id, 'active', now(), null)"
                ),
                sealer.keys.new_row(),
            )


async def test_the_table_holds_no_key_that_could_be_used(sealer, db):
    await sealer.seal(PESEL, place=CONTACT, row="7")
    [row] = await data_keys(db)
    data_key = sealer.keys.unwrap(row)

    assert len(data_key) == 32
    assert data_key not in bytes(row.wrapped)


class CountedDatabase(Database):
    """Counts how often keys were asked for."""

    asked = 0

    def beside(self):
        self.asked += 1
        return super().beside()


async def test_keys_are_read_once_and_again_when_they_are_old(settings, parcels_url, monkeypatch):
    db = CountedDatabase(parcels_url)
    try:
        sealer = Sealer.of(settings, db)
        sealed = await asyncio.gather(*(sealer.seal(PESEL, place=CONTACT, row="7") for _ in range(50)))
        await asyncio.gather(*(sealer.unseal(value, place=CONTACT, row="7") for value in sealed))
        assert db.asked == 1

        monkeypatch.setattr(sealer.keys, "cache_s", 0)
        await sealer.unseal(sealed[0], place=CONTACT, row="7")
        assert db.asked == 1, "what unseals does not age"
        await sealer.seal(PESEL, place=CONTACT, row="7")
        assert db.asked == 2
    finally:
        await db.close()


async def test_a_key_another_process_made_is_found_at_once(settings, sealer, parcels_url):
    await sealer.seal(PESEL, place=CONTACT, row="7")
    other_db = Database(parcels_url)
    try:
        other = Sealer.of(settings, other_db)
        await rotate_data_key(other_db, other)
        sealed = await other.seal(PESEL, place=CONTACT, row="7")
    finally:
        await other_db.close()

    assert await sealer.unseal(sealed, place=CONTACT, row="7") == PESEL


async def test_keys_come_also_while_transactions_have_every_connection(settings, parcels_url):
    db = Database(parcels_url, pool_size=2, raw_pool_size=1, pool_wait_s=2)
    try:
        sealer = Sealer.of(settings, db)
        async with db.transaction() as one, db.transaction() as two, db.raw():
            await one.execute(text("SELECT 1"))
            await two.execute(text("SELECT 1"))
            async with asyncio.timeout(20):
                sealed = await sealer.seal(PESEL, place=CONTACT, row="7")
        assert await sealer.unseal(sealed, place=CONTACT, row="7") == PESEL
    finally:
        await db.close()


async def test_a_database_that_is_away_is_what_is_reported_and_the_key_comes_when_it_is_back(
    settings, proxied_database_url, database_proxy
):
    db = Database(proxied_database_url, pool_wait_s=1)
    try:
        sealer = Sealer.of(settings, db)
        await database_proxy.refuse()
        with pytest.raises(psycopg.OperationalError):
            await sealer.seal(PESEL, place=CONTACT, row="7")
        await database_proxy.open()
        assert await sealer.seal(PESEL, place=CONTACT, row="7")
    finally:
        await db.close()


def test_a_sealer_that_was_only_built_has_read_nothing(settings_of):
    settings = settings_of(wrapping_keys="/nowhere", database_url="postgresql://nobody@127.0.0.1:1/none")
    keys = Sealer.of(settings, Database(settings.database_url)).keys

    assert isinstance(keys, DataKeys)
    assert keys.schema == "parcels"
