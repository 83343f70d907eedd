"""Background work of the diary; each task is safe to run twice."""

from celery import shared_task
from django.utils import timezone

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.services import reminding
from bookings.services.holding import expire_hold


@shared_task
def sweep_expired_holds() -> int:
    """Let go of the holds that ran out, each in a transaction of its own; return how many."""
    now = timezone.now()
    holds = Appointment.objects.filter(state=State.HELD, held_until__lte=now)
    return sum(expire_hold(hold=hold, now=now) for hold in holds.order_by("pk")[:500])


@shared_task
def write_due_reminders() -> int:
    """Write the reminders of visits that are due by now; return how many."""
    return reminding.write_due_reminders(now=timezone.now())
