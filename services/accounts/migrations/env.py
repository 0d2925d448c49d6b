from accounts.storage.tables import METADATA, SCHEMA
from chassis.migrations import run_migrations

run_migrations(METADATA, SCHEMA)
