"""The HTTP edge: schemas, routers, and the one table from refusals to problems."""
