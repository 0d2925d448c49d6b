"""Keep data keys, and seal the stored answers of idempotent writes.

The answers stored before are dropped: a write repeated across this migration is judged anew.
"""

from alembic import op

revision = "2026_11_23_0650"
down_revision = "2026_11_23_0640"
branch_labels = None
depends_on = None

SEALED = """
CREATE TABLE catalog.data_keys (
    data_key_id uuid NOT NULL,
    wrapped bytea NOT NULL,
    wrapping_key_id text NOT NULL,
    state text NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    retired_at timestamptz,
    PRIMARY KEY (data_key_id),
    CONSTRAINT data_keys_state_check CHECK (state IN ('active', 'retired')),
    CONSTRAINT data_keys_retired_at_check CHECK ((state = 'retired') = (retired_at IS NOT NULL))
);
CREATE UNIQUE INDEX data_keys_active_key ON catalog.data_keys (state) WHERE state = 'active';

DELETE FROM catalog.idempotency;
ALTER TABLE catalog.idempotency
    DROP COLUMN headers,
    ADD CONSTRAINT idempotency_body_sealed_check CHECK (octet_length(body) >= 45 AND get_byte(body, 0) = 1);
"""

CLEAR = """
DELETE FROM catalog.idempotency;
ALTER TABLE catalog.idempotency
    DROP CONSTRAINT idempotency_body_sealed_check,
    ADD COLUMN headers jsonb NOT NULL;
DROP TABLE catalog.data_keys;
"""


def upgrade() -> None:
    op.execute(SEALED)


def downgrade() -> None:
    op.execute(CLEAR)
