"""Create the tables of accounts: accounts and their rights, sessions, mails, keys, and the chassis tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_23_1200"
down_revision = None
branch_labels = None
depends_on = None

# In an order in which foreign keys find their target.
TABLES = (
    "accounts",
    "data_keys",
    "idempotency",
    "inbox",
    "organizations",
    "outbox",
    "rate_limits",
    "signing_keys",
    "mail_requests",
    "memberships",
    "role_grants",
    "sessions",
    "refresh_tokens",
)


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("email_fingerprint", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("password_hash ~ '^[$]argon2id[$]'", name="accounts_password_hash_check"),
        sa.CheckConstraint(
            "octet_length(sealed) >= 45 AND get_byte(sealed, 0) = 1", name="accounts_sealed_sealed_check"
        ),
        sa.PrimaryKeyConstraint("account_id", name="accounts_pkey"),
        sa.UniqueConstraint("email_fingerprint", name="accounts_email_fingerprint_key"),
        schema="accounts",
    )
    op.create_index(
        "accounts_unverified_idx",
        "accounts",
        ["created_at"],
        schema="accounts",
        postgresql_where=sa.text("email_verified_at IS NULL"),
    )
    op.create_table(
        "data_keys",
        sa.Column("data_key_id", sa.UUID(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("wrapping_key_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'retired') = (retired_at IS NOT NULL)", name="data_keys_retired_at_check"
        ),
        sa.CheckConstraint("state IN ('active', 'retired')", name="data_keys_state_check"),
        sa.PrimaryKeyConstraint("data_key_id", name="data_keys_pkey"),
        schema="accounts",
    )
    op.create_index(
        "data_keys_active_key",
        "data_keys",
        ["state"],
        unique=True,
        schema="accounts",
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "idempotency",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column(
            "stored_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "octet_length(body) >= 45 AND get_byte(body, 0) = 1", name="idempotency_body_sealed_check"
        ),
        sa.PrimaryKeyConstraint("scope", "key", name="idempotency_pkey"),
        schema="accounts",
    )
    op.create_index("idempotency_stored_at_idx", "idempotency", ["stored_at"], schema="accounts")
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column(
            "handled_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("consumer", "message_id", name="inbox_pkey"),
        schema="accounts",
    )
    op.create_index("inbox_handled_at_idx", "inbox", ["handled_at"], schema="accounts")
    op.create_table(
        "organizations",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", name="organizations_pkey"),
        schema="accounts",
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("message_type", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.UUID(), nullable=False),
        sa.Column("aggregate_version", sa.BigInteger(), nullable=True),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column(
            "occurred_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="outbox_pkey"),
        schema="accounts",
    )
    op.create_index("outbox_next_attempt_at_id_idx", "outbox", ["next_attempt_at", "id"], schema="accounts")
    op.create_table(
        "rate_limits",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("who", sa.LargeBinary(), nullable=False),
        sa.Column("used_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "who", name="rate_limits_pkey"),
        schema="accounts",
        prefixes=["UNLOGGED"],
    )
    op.create_index("rate_limits_used_up_at_idx", "rate_limits", ["used_up_at"], schema="accounts")
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("public_jwk", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signs_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_token_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "octet_length(sealed) >= 45 AND get_byte(sealed, 0) = 1", name="signing_keys_sealed_sealed_check"
        ),
        sa.PrimaryKeyConstraint("kid", name="signing_keys_pkey"),
        schema="accounts",
    )
    op.create_table(
        "mail_requests",
        sa.Column("mail_request_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("invitation_id", sa.Uuid(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'email_verification') = (password_hash IS NOT NULL)",
            name="mail_requests_password_hash_check",
        ),
        sa.CheckConstraint(
            "kind IN ('email_verification', 'invitation', 'password_changed', 'password_reset', "
            "'registration_repeated')",
            name="mail_requests_kind_check",
        ),
        sa.CheckConstraint(
            "num_nonnulls(account_id, invitation_id) = 1", name="mail_requests_addressee_check"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.accounts.account_id"],
            name="mail_requests_account_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("mail_request_id", name="mail_requests_pkey"),
        schema="accounts",
    )
    op.create_index("mail_requests_account_id_idx", "mail_requests", ["account_id"], schema="accounts")
    op.create_index("mail_requests_expires_at_idx", "mail_requests", ["expires_at"], schema="accounts")
    op.create_table(
        "memberships",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('entrance_staff', 'organizer')", name="memberships_role_check"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.accounts.account_id"],
            name="memberships_account_id_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["accounts.organizations.organization_id"],
            name="memberships_organization_id_fkey",
        ),
        sa.PrimaryKeyConstraint("organization_id", "account_id", "role", name="memberships_pkey"),
        schema="accounts",
    )
    op.create_index("memberships_account_id_idx", "memberships", ["account_id"], schema="accounts")
    op.create_table(
        "role_grants",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('operator')", name="role_grants_role_check"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.accounts.account_id"],
            name="role_grants_account_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "role", name="role_grants_pkey"),
        schema="accounts",
    )
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "authenticated_at <= last_used_at AND last_used_at < ends_at", name="sessions_times_check"
        ),
        sa.CheckConstraint(
            "octet_length(sealed) >= 45 AND get_byte(sealed, 0) = 1", name="sessions_sealed_sealed_check"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.accounts.account_id"],
            name="sessions_account_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", name="sessions_pkey"),
        schema="accounts",
    )
    op.create_index("sessions_account_id_idx", "sessions", ["account_id"], schema="accounts")
    op.create_index("sessions_ends_at_idx", "sessions", ["ends_at"], schema="accounts")
    op.create_table(
        "refresh_tokens",
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("octet_length(token_sha256) = 32", name="refresh_tokens_token_sha256_check"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["accounts.sessions.session_id"],
            name="refresh_tokens_session_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_sha256", name="refresh_tokens_pkey"),
        schema="accounts",
    )
    op.create_index("refresh_tokens_expires_at_idx", "refresh_tokens", ["expires_at"], schema="accounts")
    op.create_index(
        "refresh_tokens_one_unused_key",
        "refresh_tokens",
        ["session_id"],
        unique=True,
        schema="accounts",
        postgresql_where=sa.text("used_at IS NULL"),
    )
    op.create_index("refresh_tokens_session_id_idx", "refresh_tokens", ["session_id"], schema="accounts")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table, schema="accounts")
