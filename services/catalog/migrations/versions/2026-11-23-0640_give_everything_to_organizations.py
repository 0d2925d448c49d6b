"""Give venues, seating plans and events to organizations, and take terms about each attendee.

Rows made before belong to the first organization. The default goes at once: a process of the release
before, which does not know of organizations, makes nothing new rather than something of the wrong one.
"""

from alembic import op

revision = "2026_11_23_0640"
down_revision = "2026_11_23_0335"
branch_labels = None
depends_on = None

OWNERS = """
ALTER TABLE catalog.venues
    ADD COLUMN organization_id uuid NOT NULL DEFAULT '00000000-0000-7000-8000-000000000001',
    ADD CONSTRAINT venues_organization_id_venue_id_key UNIQUE (organization_id, venue_id);
ALTER TABLE catalog.venues ALTER COLUMN organization_id DROP DEFAULT;

ALTER TABLE catalog.seating_plans
    ADD COLUMN organization_id uuid NOT NULL DEFAULT '00000000-0000-7000-8000-000000000001',
    ADD CONSTRAINT seating_plans_organization_id_seating_plan_id_key
        UNIQUE (organization_id, seating_plan_id),
    ADD CONSTRAINT seating_plans_organization_id_name_version_key UNIQUE (organization_id, name, version),
    DROP CONSTRAINT seating_plans_name_version_key;
ALTER TABLE catalog.seating_plans ALTER COLUMN organization_id DROP DEFAULT;

ALTER TABLE catalog.events
    ADD COLUMN organization_id uuid NOT NULL DEFAULT '00000000-0000-7000-8000-000000000001',
    DROP CONSTRAINT events_venue_id_fkey,
    DROP CONSTRAINT events_seating_plan_id_fkey,
    ADD CONSTRAINT events_organization_id_venue_id_fkey FOREIGN KEY (organization_id, venue_id)
        REFERENCES catalog.venues (organization_id, venue_id),
    ADD CONSTRAINT events_organization_id_seating_plan_id_fkey FOREIGN KEY (organization_id, seating_plan_id)
        REFERENCES catalog.seating_plans (organization_id, seating_plan_id);
ALTER TABLE catalog.events ALTER COLUMN organization_id DROP DEFAULT;
CREATE INDEX events_organization_id_event_id_idx ON catalog.events (organization_id, event_id);
"""

TERMS = """
ALTER TABLE catalog.events
    ADD COLUMN tickets_per_person_max integer,
    ADD COLUMN attendees_final_at timestamptz,
    DROP CONSTRAINT events_pesel_required_check,
    ADD CONSTRAINT events_attendees_final_at_check CHECK (attendees_final_at <= starts_at),
    ADD CONSTRAINT events_tickets_per_person_max_check CHECK (
        tickets_per_person_max IS NULL OR (pesel_required AND tickets_per_person_max BETWEEN 1 AND 50)
    );
"""

OWNERLESS = """
ALTER TABLE catalog.events
    DROP CONSTRAINT events_organization_id_venue_id_fkey,
    DROP CONSTRAINT events_organization_id_seating_plan_id_fkey,
    DROP COLUMN organization_id,
    DROP COLUMN tickets_per_person_max,
    DROP COLUMN attendees_final_at,
    ADD CONSTRAINT events_pesel_required_check CHECK (state = 'draft' OR NOT pesel_required) NOT VALID,
    ADD CONSTRAINT events_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES catalog.venues (venue_id),
    ADD CONSTRAINT events_seating_plan_id_fkey
        FOREIGN KEY (seating_plan_id) REFERENCES catalog.seating_plans (seating_plan_id);
ALTER TABLE catalog.seating_plans
    DROP COLUMN organization_id,
    ADD CONSTRAINT seating_plans_name_version_key UNIQUE (name, version);
ALTER TABLE catalog.venues DROP COLUMN organization_id;
"""


def upgrade() -> None:
    op.execute(OWNERS)
    op.execute(TERMS)


def downgrade() -> None:
    op.execute(OWNERLESS)
