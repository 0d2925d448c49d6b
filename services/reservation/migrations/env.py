from chassis.migrations import run_migrations
from reservation.storage.tables import METADATA, SCHEMA

run_migrations(METADATA, SCHEMA)
