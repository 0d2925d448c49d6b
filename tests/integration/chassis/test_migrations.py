"""Migrations run once however many run them, and never wait long for a lock."""

import os
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from subprocess import PIPE, STDOUT, run

import psycopg
import pytest

ENV = """
from chassis.migrations import run_migrations
from sqlalchemy import MetaData

run_migrations(MetaData(schema="parcels"), "parcels")
"""
FIRST = """
from alembic import op
import sqlalchemy as sa

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("migrated", sa.Column("n", sa.Integer), schema="parcels")
    op.execute("SELECT pg_sleep(0.3)")
"""
SECOND = """
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("ALTER TABLE parcels.migrated ADD COLUMN m int")
"""


@pytest.fixture
def service(tmp_path, parcels_url, admin_database_url):
    files = {
        "src/parcels_service/__init__.py": "",
        "alembic.ini": "[alembic]\n",
        "migrations/env.py": ENV,
        "migrations/script.py.mako": "",
        "migrations/versions/0001.py": FIRST,
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(content))
    yield tmp_path
    with psycopg.connect(admin_database_url, autocommit=True) as admin:
        admin.execute("DROP TABLE IF EXISTS parcels.migrated, parcels.alembic_version")


def _migrate(service, url: str):
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "PYTHONPATH": f"{service / 'src'}:{os.environ.get('PYTHONPATH', '')}",
    }
    command = [sys.executable, "-m", "chassis.migrate", "parcels_service"]
    return run(command, env=environment, stdout=PIPE, stderr=STDOUT, text=True, check=False)


def test_several_runners_at_once_migrate_once(service, parcels_url, admin_database_url):
    with ThreadPoolExecutor(3) as threads:
        results = list(threads.map(lambda _: _migrate(service, parcels_url), range(3)))
    assert [result.returncode for result in results] == [0, 0, 0], results[0].stdout
    with psycopg.connect(admin_database_url) as admin:
        assert admin.execute("SELECT version_num FROM parcels.alembic_version").fetchall() == [("0001",)]


def test_a_migration_gives_up_on_a_lock_rather_than_block_everyone(service, parcels_url, admin_database_url):
    assert _migrate(service, parcels_url).returncode == 0
    (service / "migrations/versions/0002.py").write_text(textwrap.dedent(SECOND))
    with psycopg.connect(admin_database_url) as reader:
        reader.execute("LOCK TABLE parcels.migrated IN ACCESS SHARE MODE")
        result = _migrate(service, parcels_url)
    assert (result.returncode, "lock timeout" in result.stdout) == (1, True)
    assert _migrate(service, parcels_url).returncode == 0
