"""Keep data keys, and stored answers sealed under them; those stored in the clear go."""

from alembic import op

revision = "2026_11_23_1120"
down_revision = "2026_11_23_1110"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE reservation.data_keys (
    data_key_id UUID NOT NULL,
    wrapped BYTEA NOT NULL,
    wrapping_key_id TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    retired_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (data_key_id),
    CONSTRAINT data_keys_state_check CHECK (state IN ('active', 'retired')),
    CONSTRAINT data_keys_retired_at_check CHECK ((state = 'retired') = (retired_at IS NOT NULL))
);
CREATE UNIQUE INDEX data_keys_active_key ON reservation.data_keys (state) WHERE state = 'active';

TRUNCATE reservation.idempotency;
ALTER TABLE reservation.idempotency
    DROP COLUMN headers,
    ADD CONSTRAINT idempotency_body_sealed_check CHECK (octet_length(body) >= 45 AND get_byte(body, 0) = 1);
"""
DOWNGRADE = """
TRUNCATE reservation.idempotency;
ALTER TABLE reservation.idempotency
    DROP CONSTRAINT idempotency_body_sealed_check, ADD COLUMN headers JSONB NOT NULL;
DROP TABLE reservation.data_keys;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
