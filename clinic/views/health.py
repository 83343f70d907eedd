"""Probes: is the process up, and can it do its work?"""

import functools
import logging
from collections.abc import Callable, Sequence

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from clinic.selectors.outbox import outbox_health

logger = logging.getLogger(__name__)

PROBE_SECONDS = 2


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers; asks nothing of anybody else."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether database, broker and migrations are in order: 200, or 503 naming what fails.

    How the messages stand is told and changes nothing: this process answers all the same.
    """
    failing = [name for name, check in CHECKS.items() if not _is_fine(name, check)]
    told = {"ready": not failing, "failing": failing, "messages": _messages(failing)}
    return JsonResponse(told, status=503 if failing else 200)


def check_database() -> bool:
    """Ask the database for anything at all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def check_broker() -> bool:
    """Ask the broker for a sign of life."""
    with Redis.from_url(
        settings.BROKER_PROBE_URL,
        socket_timeout=PROBE_SECONDS,
        socket_connect_timeout=PROBE_SECONDS,
        retry=Retry(NoBackoff(), 0),
    ) as client:
        return bool(client.ping())


def check_migrations() -> bool:
    """Compare the migrations of this release with those that the database has seen."""
    return _migrations_of_this_release() <= set(MigrationRecorder(connection).applied_migrations())


CHECKS: dict[str, Callable[[], bool]] = {
    "database": check_database,
    "broker": check_broker,
    "migrations": check_migrations,
}


def _messages(failing: Sequence[str]) -> dict[str, object] | None:
    """Return when the dispatcher last ran, and for how long the oldest message has been due."""
    if "database" in failing or "migrations" in failing:
        return None
    now = timezone.now()
    health = outbox_health(now)
    return {"last_run_at": health.last_run_at, "oldest_waits_seconds": health.waited_seconds(now)}


def _is_fine(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, RedisError, OSError) as error:
        logger.warning("not ready", extra={"check": name, "error": type(error).__name__})
        return False


@functools.cache
def _migrations_of_this_release() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)
