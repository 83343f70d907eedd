"""Good slots for a maintenance visit."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.selectors.questions import ClientMarks, SlotQuestion
from bookings.selectors.slots import Slot, free_time
from clinic.selectors.catalogue import Catalogue
from treatments.domain.wishes import PlanWeights, SlotCosts, Wishes
from treatments.selectors.maintenance import MaintenanceView

OFFERED = 3
BEFORE_DUE = timedelta(days=14)
AFTER_DUE = timedelta(days=28)
DAY_OFF_DUE = PlanWeights().day_after_not_before


def good_slots(view: MaintenanceView, facts: Catalogue, now: datetime) -> list[Slot]:
    """Return up to three free slots on different dates, in order of time. Two queries.

    Those that miss the least of the course's wishes and lie nearest to the due date; where
    nothing was wished, weekday, time of day and practitioner of the last visit count.
    None when the service or the place is closed, or nothing is free around the due date.
    """
    row, place = view.row, facts.locations.get(view.row.location_id)
    service = facts.services.get(row.service_id)
    if place is None or service is None:
        return []
    around = max(view.due_date, view.today)
    first_date = max(around - BEFORE_DUE, view.today)
    question = SlotQuestion(
        catalogue=facts,
        service=service,
        location=place,
        first_date=first_date,
        end_date=around + AFTER_DUE,
        client=ClientMarks.of(row.client),
    )
    wishes = _wishes(view)
    costs = SlotCosts(wishes, PlanWeights())
    best: dict[date, tuple[int, Slot]] = {}
    for slot in free_time(question, now).slots():
        local = slot.starts_at.astimezone(place.zone)
        weekday, minute = local.isoweekday(), local.hour * 60 + local.minute
        is_wished = costs.admits_weekday(weekday) and costs.admits_minute(minute)
        if not is_wished or not costs.admits_practitioner(slot.practitioner_id):
            continue
        price = (
            costs.of_start(weekday, minute)
            + costs.of_practitioner(slot.practitioner_id)
            + abs((local.date() - around).days) * DAY_OFF_DUE
        )
        kept = best.get(local.date())
        if kept is None or price < kept[0]:
            best[local.date()] = (price, slot)
    cheapest = sorted(best.items(), key=lambda item: (item[1][0], item[0]))[:OFFERED]
    return sorted((slot for _on, (_price, slot) in cheapest), key=lambda slot: slot.starts_at)


def _wishes(view: MaintenanceView) -> Wishes:
    """Return the course's wishes for one visit; its dates are over."""
    asked = replace(view.row.course.asked_for, not_before=None, ready_by=None)
    last = (
        Appointment.objects.filter(client=view.row.client_id, state=State.COMPLETED)
        .order_by("-starts_at")
        .first()
    )
    if last is not None:
        local = last.starts_at.astimezone(ZoneInfo(view.row.location.zone))
        if not asked.only_weekdays | asked.rather_weekdays:
            asked = replace(asked, rather_weekdays=frozenset({local.isoweekday()}))
        if asked.around_minute is None and asked.only_hours is None and asked.rather_hours is None:
            asked = replace(asked, around_minute=local.hour * 60 + local.minute)
    if asked.only_practitioner_id is None and asked.rather_practitioner_id is None:
        asked = replace(asked, rather_practitioner_id=view.row.practitioner_id)
    return asked
