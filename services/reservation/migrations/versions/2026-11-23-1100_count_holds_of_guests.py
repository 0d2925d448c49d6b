"""Count a hold as its buyer's or as one of a guest address, and only while it is active."""

from alembic import op

revision = "2026_11_23_1100"
down_revision = "2026_11_23_1000"
branch_labels = None
depends_on = None

COUNTED_AS = """
ALTER TABLE reservation.holds ADD COLUMN counted_as TEXT;
UPDATE reservation.holds SET counted_as = buyer_id WHERE state = 'active';
ALTER TABLE reservation.holds
    ADD CONSTRAINT holds_counted_check CHECK ((state = 'active') = (counted_as IS NOT NULL)),
    ADD CONSTRAINT holds_key_check CHECK (idempotency_key <> '' OR buyer_id LIKE 'guest:%');
DROP INDEX reservation.holds_active_buyer_idx;
CREATE INDEX holds_active_counted_idx ON reservation.holds (event_id, counted_as) WHERE state = 'active';
"""
# Of buyers alone before, and their index is gone with a guest's first hold.
COUNTED_BY_BUYER = """
DELETE FROM reservation.holds WHERE idempotency_key = '';
DROP INDEX reservation.holds_active_counted_idx;
CREATE INDEX holds_active_buyer_idx ON reservation.holds (event_id, buyer_id) WHERE state = 'active';
ALTER TABLE reservation.holds DROP COLUMN counted_as, DROP CONSTRAINT holds_key_check;
"""
# VOLATILE, so that it counts with a snapshot of its own: the hot statement calls it after it has the
# advisory lock of whoever is counted, and must see what the lock's former owner committed since.
ACTIVE_HOLDS = """
CREATE FUNCTION reservation.active_holds(event uuid, {counted} text) RETURNS bigint
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT count(*) FROM reservation.holds h
  WHERE h.event_id = event AND h.{column} = {counted} AND h.state = 'active'
    AND h.expires_at > clock_timestamp();
END;
"""
DROP_ACTIVE_HOLDS = "DROP FUNCTION reservation.active_holds"


def upgrade() -> None:
    op.execute(DROP_ACTIVE_HOLDS)
    op.execute(COUNTED_AS)
    op.execute(ACTIVE_HOLDS.format(counted="counted", column="counted_as"))


def downgrade() -> None:
    op.execute(DROP_ACTIVE_HOLDS)
    op.execute(COUNTED_BY_BUYER)
    op.execute(ACTIVE_HOLDS.format(counted="buyer", column="buyer_id"))
