"""Write the reminders that are due by now; the unique key of the outbox makes it once."""

from collections.abc import Sequence
from datetime import datetime

from bookings.domain.reminders import DueReminder, Reminder, Rules, due_reminders
from bookings.messages.kinds import REMINDER_KINDS, VISIT
from bookings.models import Appointment
from bookings.selectors.reminders import after, time_of, visits_to_remind
from bookings.selectors.uncertain import uncertain_among
from clinic.messaging.outbox import About, ToClient, call, let_wait_again, tell_clients
from clinic.messaging.rules import rules
from clinic.models import CallEntry, Location
from clinic.services.transactions import in_one_transaction

BATCH = 500


def write_due_reminders(*, now: datetime) -> int:
    """Write what is due by now and still makes sense; return how many reminders.

    Safe to run twice, and at the same time. A run that was missed loses nothing: the next
    one looks as far back as a reminder keeps, so a visit that will hardly take place is
    reminded of once that has been settled, also if its reminder was dropped meanwhile. One
    that nobody could be sent waits on the call list if it is the last.
    """
    timings = {Reminder(name): timing for name, timing in rules(*Reminder).items()}
    locations = list(Location.objects.order_by("pk"))
    return sum(_write(reminder, timings, locations, now) for reminder in timings)


def _write(reminder: Reminder, timings: Rules, locations: list[Location], now: datetime) -> int:
    kind = REMINDER_KINDS[reminder]
    visits = visits_to_remind(reminder, kind, timings[reminder], locations, now)
    written = 0
    batch = list(visits[:BATCH])
    while batch:
        found = [
            (visit, item)
            for visit in batch
            for item in due_reminders(time_of(visit), timings, now)
            if item.reminder is reminder
        ]
        written += _write_batch(kind, found, now=now) if found else 0
        batch = list(after(visits, batch)[:BATCH]) if len(batch) == BATCH else []
    return written


@in_one_transaction
def _write_batch(
    kind: str, found: Sequence[tuple[Appointment, DueReminder]], *, now: datetime
) -> int:
    uncertain = uncertain_among([visit.pk for visit, _item in found])
    found = [(visit, item) for visit, item in found if visit.pk not in uncertain]
    wishes = [_wish(kind, visit, item) for visit, item in found]
    let_wait_again(wishes)
    unreached = tell_clients(wishes, now)
    if kind == REMINDER_KINDS[Reminder.LAST]:
        starts = {visit.pk: visit.starts_at for visit, _item in found}
        for wish in unreached:
            call(
                [wish],
                reason=CallEntry.Reason.NO_ADDRESS,
                call_by=starts[wish.about.id],
                now=now,
            )
    return len(wishes) - len(unreached)


def _wish(kind: str, visit: Appointment, item: DueReminder) -> ToClient:
    assert visit.client is not None
    return ToClient(
        kind=kind,
        client=visit.client,
        about=About(VISIT, visit.pk, visit.version),
        location_id=visit.location_id,
        due_at=item.due_at,
        everywhere=True,
        details={"until": item.until.isoformat()},
    )
