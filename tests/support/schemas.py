"""A service's role and schema in a test database, the same way the launcher makes them."""

from sqlalchemy.engine import make_url

from chassis.migrate import upgrade
from chassis.provisioning import provision

# A role of the test server; the server itself is private to the tests, or given for them.
ROLE_PASSWORD = "test"


def build_schema(service: str, *, admin_url: str) -> str:
    """Provision and migrate the schema of `service`; returns its DATABASE_URL."""
    url = provision(admin_url, service, ROLE_PASSWORD, make_url(admin_url).database or service)
    upgrade(service, database_url=url)
    return url
