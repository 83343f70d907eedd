"""Background work of courses; each task is safe to run twice."""

from celery import shared_task
from django.utils import timezone

from treatments.services import repairing
from treatments.services.repairs import release_expired


@shared_task
def plan_repairs() -> int:
    """Plan the repairs that are wanted and release those whose time ran out; return how many."""
    now = timezone.now()
    return release_expired(now) + repairing.plan_repairs(now)
