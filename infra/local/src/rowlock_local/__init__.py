"""Runs the whole system on one machine from real parts: PostgreSQL, RabbitMQ, Traefik and every service."""
