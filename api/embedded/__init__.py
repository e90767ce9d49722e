"""The servers that a fresh checkout brings along: PostgreSQL and Valkey, under our own supervision.

A server named by `DATABASE_URL` or `REDIS_URL` always wins; these are for the ones that nobody has named.
"""

from api.embedded.postgres import PostgresServer, embedded_postgres
from api.embedded.process import EmbeddedServerError
from api.embedded.valkey import ValkeyServer, embedded_redis

__all__ = ["EmbeddedServerError", "PostgresServer", "ValkeyServer", "embedded_postgres", "embedded_redis"]
