"""The tables of schema `accounts`. Each invariant of the domain stands here again as a constraint.

What names a person is sealed (`sealed` columns, JSON); an account is found by the fingerprint of its
e-mail. No token and no link can be read here: refresh tokens are stored hashed, links not at all.
"""

from collections.abc import Iterable

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from accounts.domain.mails import MailKind
from accounts.domain.roles import GRANTED_ROLES, MEMBER_ROLES
from chassis.outbox import Outbox
from chassis.tables import (
    data_keys_table,
    idempotency_table,
    inbox_table,
    outbox_table,
    rate_limits_table,
    sealed_check,
)

SCHEMA = "accounts"
METADATA = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    },
)


def _one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in sorted(values))
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _at(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _of_account(*, nullable: bool = False, primary_key: bool = False) -> Column[object]:
    """An account's own: goes with it when the person is erased."""
    return Column(
        "account_id",
        ForeignKey("accounts.accounts.account_id", ondelete="CASCADE"),
        nullable=nullable,
        primary_key=primary_key,
    )


accounts = Table(
    "accounts",
    METADATA,
    Column("account_id", Uuid, primary_key=True),
    Column("email_fingerprint", Text, nullable=False, unique=True),
    # {"email": …, "name": … or null}
    Column("sealed", LargeBinary, nullable=False),
    Column("password_hash", Text, nullable=False),
    _at("email_verified_at", nullable=True),
    _at("created_at"),
    CheckConstraint("password_hash ~ '^[$]argon2id[$]'", name="password_hash"),
    sealed_check("accounts", "sealed"),
    Index("accounts_unverified_idx", "created_at", postgresql_where=text("email_verified_at IS NULL")),
)

role_grants = Table(
    "role_grants",
    METADATA,
    _of_account(primary_key=True),
    Column("role", Text, primary_key=True),
    _at("granted_at"),
    _one_of("role", GRANTED_ROLES),
)

organizations = Table(
    "organizations",
    METADATA,
    Column("organization_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    _at("created_at"),
)

memberships = Table(
    "memberships",
    METADATA,
    Column("organization_id", ForeignKey("accounts.organizations.organization_id"), primary_key=True),
    _of_account(primary_key=True),
    Column("role", Text, primary_key=True),
    _at("created_at"),
    _one_of("role", MEMBER_ROLES),
    Index("memberships_account_id_idx", "account_id"),
)

# An invitation is there as long as it can be accepted: accepting or revoking deletes it, with its mail.
invitations = Table(
    "invitations",
    METADATA,
    Column("invitation_id", Uuid, primary_key=True),
    Column("organization_id", ForeignKey("accounts.organizations.organization_id"), nullable=False),
    Column("email_fingerprint", Text, nullable=False),
    # {"email": …}
    Column("sealed", LargeBinary, nullable=False),
    Column("role", Text, nullable=False),
    _at("created_at"),
    _at("expires_at"),
    _one_of("role", MEMBER_ROLES),
    CheckConstraint("created_at < expires_at", name="times"),
    sealed_check("invitations", "sealed"),
    # Inviting again renews the invitation there is.
    UniqueConstraint(
        "organization_id", "email_fingerprint", "role", name="invitations_organization_id_email_role_key"
    ),
    Index("invitations_email_fingerprint_idx", "email_fingerprint"),
    Index("invitations_expires_at_idx", "expires_at"),
)

# A session is there as long as it can be used: ending it deletes it, with its refresh tokens.
sessions = Table(
    "sessions",
    METADATA,
    Column("session_id", Uuid, primary_key=True),
    _of_account(),
    # {"device_name": … or null}
    Column("sealed", LargeBinary, nullable=False),
    _at("authenticated_at"),
    _at("last_used_at"),
    _at("ends_at"),
    sealed_check("sessions", "sealed"),
    CheckConstraint("authenticated_at <= last_used_at AND last_used_at < ends_at", name="times"),
    Index("sessions_account_id_idx", "account_id"),
    Index("sessions_ends_at_idx", "ends_at"),
)

# The used ones of a session are kept until they would have expired: one that comes again was stolen.
refresh_tokens = Table(
    "refresh_tokens",
    METADATA,
    Column("token_sha256", LargeBinary, primary_key=True),
    Column("session_id", ForeignKey("accounts.sessions.session_id", ondelete="CASCADE"), nullable=False),
    _at("expires_at"),
    _at("used_at", nullable=True),
    CheckConstraint("octet_length(token_sha256) = 32", name="token_sha256"),
    Index("refresh_tokens_session_id_idx", "session_id"),
    Index("refresh_tokens_expires_at_idx", "expires_at"),
    Index(
        "refresh_tokens_one_unused_key", "session_id", unique=True, postgresql_where=text("used_at IS NULL")
    ),
)

# A mail somebody is to get. Its link, if it has one, is made of the row's id when the mail is written.
mail_requests = Table(
    "mail_requests",
    METADATA,
    Column("mail_request_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    _of_account(nullable=True),
    Column("invitation_id", ForeignKey("accounts.invitations.invitation_id", ondelete="CASCADE")),
    # What the account's password becomes when this verification is confirmed: the one that was
    # registered by whoever got this mail, not by somebody else with the same address.
    Column("password_hash", Text),
    _at("created_at"),
    _at("expires_at"),
    _at("used_at", nullable=True),
    _one_of("kind", MailKind),
    CheckConstraint("num_nonnulls(account_id, invitation_id) = 1", name="addressee"),
    CheckConstraint(
        "(kind = 'email_verification') = (password_hash IS NOT NULL)",
        name="password_hash",
    ),
    Index("mail_requests_account_id_idx", "account_id"),
    Index("mail_requests_invitation_id_idx", "invitation_id"),
    Index("mail_requests_expires_at_idx", "expires_at"),
)

# The newest key whose `signs_at` has come signs; others verify tokens that are still good.
signing_keys = Table(
    "signing_keys",
    METADATA,
    Column("kid", Text, primary_key=True),
    # The private JWK.
    Column("sealed", LargeBinary, nullable=False),
    Column("public_jwk", JSONB, nullable=False),
    _at("created_at"),
    _at("signs_at"),
    # Of tokens that were given a longer life than ACCESS_TOKEN_S; null if there is none.
    _at("last_token_ends_at", nullable=True),
    sealed_check("signing_keys", "sealed"),
)

DATA_KEYS = data_keys_table(METADATA)
RATE_LIMITS = rate_limits_table(METADATA)
idempotency_table(METADATA)
inbox_table(METADATA)
OUTBOX = Outbox(outbox_table(METADATA))
