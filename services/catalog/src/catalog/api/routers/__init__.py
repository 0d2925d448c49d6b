"""The routes, one file a resource."""

from catalog.api.routers import browsing, events, internal, organizer, seating_plans, venues

ROUTERS = (
    browsing.router,
    events.router,
    organizer.router,
    venues.router,
    seating_plans.router,
    internal.router,
)
