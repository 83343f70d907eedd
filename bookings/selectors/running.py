"""The visits of a day as they really go, and the timers that run: a fixed number of queries."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bookings.domain.lifecycle import State, is_step
from bookings.domain.needling import removal_due_at
from bookings.domain.running import Run
from bookings.models import Appointment, Needling, StatusChange


def runs_of(visits: Collection[Appointment]) -> list[Run]:
    """Return visits as they really go, in the order given. Two queries, whatever their number.

    Needs `service` loaded.
    """
    ids = [visit.pk for visit in visits]
    steps = _last_steps(ids)
    rows = {row.appointment_id: row for row in Needling.objects.filter(appointment__in=ids)}
    return [_run(visit, steps, rows.get(visit.pk)) for visit in visits]


@dataclass(frozen=True, slots=True)
class OpenTimer:
    """A room in which somebody lies under needles, and when they are due out. Nobody's name."""

    visit_id: int
    visit_public_id: UUID
    room_id: int
    room: str
    location_id: int
    practitioner_id: int
    practitioner: str
    starts_at: datetime
    in_at: datetime
    due_at: datetime
    over: timedelta
    """How long they are overdue; negative before `due_at`."""


def open_timers(
    *, now: datetime, location_id: int | None = None, practitioner_id: int | None = None
) -> list[OpenTimer]:
    """Return the rooms whose needles are in, the first due first: of a location, of somebody, all.

    One query, answered by the index of the few needles that are in.
    """
    rows = Needling.objects.filter(out_at=None, appointment__state=State.IN_SESSION)
    if location_id is not None:
        rows = rows.filter(appointment__location=location_id)
    if practitioner_id is not None:
        rows = rows.filter(appointment__practitioner=practitioner_id)
    rows = rows.select_related("appointment__room", "appointment__practitioner")
    return sorted((_timer(row, now) for row in rows), key=lambda item: (item.due_at, item.visit_id))


def _timer(row: Needling, now: datetime) -> OpenTimer:
    visit = row.appointment
    due_at = removal_due_at(in_at=row.in_at, plan=visit.plan)
    return OpenTimer(
        visit_id=visit.pk,
        visit_public_id=visit.public_id,
        room_id=visit.room_id,
        room=visit.room.name,
        location_id=visit.location_id,
        practitioner_id=visit.practitioner_id,
        practitioner=visit.practitioner.name,
        starts_at=visit.starts_at,
        in_at=row.in_at,
        due_at=due_at,
        over=now - due_at,
    )


def _last_steps(ids: Collection[int]) -> dict[tuple[int, str], datetime]:
    # What was taken back is followed by its like; a taken back end is no second start.
    steps = StatusChange.objects.filter(
        appointment__in=ids, to_state__in=[State.IN_SESSION, State.COMPLETED]
    )
    rows = steps.order_by("at", "pk").values_list("appointment_id", "from_state", "to_state", "at")
    return {
        (visit_id, to_state): at
        for visit_id, from_state, to_state, at in rows
        if is_step(from_state, to_state)
    }


def _run(
    visit: Appointment, steps: dict[tuple[int, str], datetime], needling: Needling | None
) -> Run:
    state = visit.state_now
    begun_at = ended_at = None
    if state in (State.IN_SESSION, State.COMPLETED):
        begun_at = steps.get((visit.pk, State.IN_SESSION))
    if state is State.COMPLETED and begun_at is not None:
        # One that nobody started was closed later: when it really ended, nobody knows.
        ended_at = steps.get((visit.pk, State.COMPLETED))
    return Run(
        id=visit.pk,
        practitioner=visit.practitioner_id,
        room=visit.room_id,
        plan=visit.plan,
        starts_at=visit.starts_at,
        state=state,
        uses_needles=visit.service.uses_needles or needling is not None,
        begun_at=begun_at,
        ended_at=ended_at,
        in_count=needling.in_count if needling else None,
        in_at=needling.in_at if needling else None,
        out_count=needling.out_count if needling else None,
        out_at=needling.out_at if needling else None,
        searched=needling is not None and needling.searched_at is not None,
    )
