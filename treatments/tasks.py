"""Background work of courses; each task is safe to run twice."""

from celery import shared_task
from django.utils import timezone

from treatments.services import caring, cover_offers, cover_planning, informing, repairing
from treatments.services.repairs import release_expired


@shared_task
def plan_repairs() -> int:
    """Plan the repairs that are wanted and release those whose time ran out; return how many."""
    now = timezone.now()
    return release_expired(now) + repairing.plan_repairs(now)


@shared_task
def write_overdue() -> int:
    """Write to clients whose course waits, and to the call list; return how many are new."""
    return caring.write_overdue(now=timezone.now())


@shared_task
def write_recalls() -> int:
    """Write the maintenance recalls that are due by now; return how many."""
    return caring.write_recalls(now=timezone.now())


@shared_task
def write_day_lists() -> int:
    """Write the day's lists of practitioners from 7:00 on; return how many."""
    return informing.write_day_lists(now=timezone.now())


@shared_task
def write_cover_needed() -> int:
    """Write to the desk which visits need cover newly; return how many visits."""
    return informing.write_cover_needed(now=timezone.now())


@shared_task
def work_out_cover() -> int:
    """Work out the plans of cover that somebody waits for; return how many."""
    return cover_planning.work_out_wanted(timezone.now())


@shared_task
def expire_offers() -> int:
    """End the offered times that nobody took in time; return how many."""
    return cover_offers.expire_offers(timezone.now())
