"""Where the database and the broker are: named by the environment, or embedded ones."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.retry import Retry

from clinic.local_stack import Stack

env = environ.Env()

LOCK_TIMEOUT = "3s"
"""How long a writer queues for a locked row before it is told that we are busy."""
CACHE_TIMEOUT_SECONDS = 1
BROKER_TIMEOUT_SECONDS = 5


def embedded_stack(data_dir: Path, *, durable: bool) -> Stack:
    """Return the embedded servers of a data folder, less those that the environment names."""
    return Stack(
        data_dir=data_dir,
        postgres=not env.str("DATABASE_URL", default=""),
        valkey=not env.str("REDIS_URL", default=""),
        durable=durable,
    )


def application_database(stack: Stack | None) -> dict[str, Any]:
    """Return how everything but migrations connects: DATABASE_URL, or the embedded PostgreSQL."""
    if env.str("DATABASE_URL", default=""):
        return _database(env.db_url("DATABASE_URL"))
    return _database(_embedded(stack, stack.application_role) if stack else {})


def owner_database(stack: Stack | None) -> dict[str, Any]:
    """Return how migrations connect: DATABASE_OWNER_URL, else DATABASE_URL, else embedded."""
    if env.str("DATABASE_OWNER_URL", default=""):
        owner = _database(env.db_url("DATABASE_OWNER_URL"))
        if owner.get("NAME") != env.db_url("DATABASE_URL", default="").get("NAME"):
            raise ImproperlyConfigured(
                "DATABASE_OWNER_URL and DATABASE_URL must name the same database."
            )
        return owner
    if env.str("DATABASE_URL", default=""):
        return application_database(stack)
    return _database(_embedded(stack, stack.owner_role) if stack else {})


def _embedded(stack: Stack, role: str) -> dict[str, Any]:
    return {"NAME": stack.database, "USER": role, "HOST": str(stack.socket_dir)}


def _database(found: dict[str, Any]) -> dict[str, Any]:
    options = {
        "application_name": "meridian",
        "connect_timeout": 5,
        # Set once per connection, not once per transaction.
        "options": f"-c lock_timeout={LOCK_TIMEOUT}",
        **found.get("OPTIONS", {}),
    }
    return {
        **found,
        "ENGINE": "clinic.postgres",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def cache_url(stack: Stack | None, number: int) -> str:
    """Return the address of one numbered Redis database, as redis-py wants it."""
    named = env.str("REDIS_URL", default="")
    if named:
        return _numbered(named, number)
    return f"unix://{stack.valkey_socket}?db={number}" if stack else ""


def broker_url(stack: Stack | None, number: int) -> str:
    """Return the address of one numbered Redis database, as Celery wants it."""
    named = env.str("REDIS_URL", default="")
    if named:
        return _numbered(named, number)
    return f"redis+socket://{stack.valkey_socket}?virtual_host={number}" if stack else ""


def caches(url: str) -> dict[str, Any]:
    """Return Django's CACHES: Redis with short timeouts and no second try, failing open."""
    return {
        "default": {
            "BACKEND": "clinic.cache.FailOpenRedisCache",
            "LOCATION": url,
            "KEY_PREFIX": "meridian",
            "OPTIONS": {
                "socket_timeout": CACHE_TIMEOUT_SECONDS,
                "socket_connect_timeout": CACHE_TIMEOUT_SECONDS,
                "retry": Retry(NoBackoff(), 0),
            },
        }
    }


def _numbered(url: str, number: int) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))
