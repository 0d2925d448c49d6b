"""Create invitations to organizations, and tie their mails to them."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_1210"
down_revision = "2026_11_23_1200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("email_fingerprint", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('entrance_staff', 'organizer')", name="invitations_role_check"),
        sa.CheckConstraint("created_at < expires_at", name="invitations_times_check"),
        sa.CheckConstraint(
            "octet_length(sealed) >= 45 AND get_byte(sealed, 0) = 1", name="invitations_sealed_sealed_check"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["accounts.organizations.organization_id"],
            name="invitations_organization_id_fkey",
        ),
        sa.PrimaryKeyConstraint("invitation_id", name="invitations_pkey"),
        sa.UniqueConstraint(
            "organization_id",
            "email_fingerprint",
            "role",
            name="invitations_organization_id_email_role_key",
        ),
        schema="accounts",
    )
    for name, table, column in INDEXES:
        op.create_index(name, table, [column], schema="accounts")
    op.create_foreign_key(
        "mail_requests_invitation_id_fkey",
        "mail_requests",
        "invitations",
        ["invitation_id"],
        ["invitation_id"],
        source_schema="accounts",
        referent_schema="accounts",
        ondelete="CASCADE",
    )


def downgrade() -> None:
    op.drop_constraint("mail_requests_invitation_id_fkey", "mail_requests", schema="accounts")
    op.drop_index("mail_requests_invitation_id_idx", "mail_requests", schema="accounts")
    op.drop_table("invitations", schema="accounts")


INDEXES = (
    ("invitations_email_fingerprint_idx", "invitations", "email_fingerprint"),
    ("invitations_expires_at_idx", "invitations", "expires_at"),
    ("mail_requests_invitation_id_idx", "mail_requests", "invitation_id"),
)
