from chassis.migrations import run_migrations
from notifications.storage.tables import METADATA, SCHEMA

run_migrations(METADATA, SCHEMA)
