from chassis.migrations import run_migrations
from orders.storage.tables import METADATA, SCHEMA

run_migrations(METADATA, SCHEMA)
