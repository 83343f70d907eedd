"""A practitioner's moment: what the hands do next, and a card for each of their rooms."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from bookings.domain.lifecycle import OPEN, State
from bookings.domain.needling import Stage
from bookings.domain.running import (
    Expected,
    HandsTask,
    LateRemoval,
    Work,
    late_removals,
    next_for_hands,
)
from bookings.domain.runs import Run
from bookings.models import Appointment
from bookings.selectors.running import runs_of
from clinic.formatting import minutes_words, time_of_day
from clinic.models import User
from clinic.views.desk_notes import notes_words
from treatments.views.retention import MINUTE, Timer, timers_of
from treatments.views.rows import cautions, lateness
from treatments.views.steps import Failure, Lesser, Step, lesser_of, step_of

TASKS_SHOWN = 3
FIRST = {State.IN_SESSION: 0, State.ARRIVED: 1, State.BOOKED: 2}


@dataclass(frozen=True, slots=True)
class Task:
    """Something that the hands do next; the sentences let the page count without a network."""

    words: str
    at_iso: str
    later: str
    last: str
    due: str
    over: str
    url: str
    is_due: bool


@dataclass(frozen=True, slots=True)
class RoomCard:
    """A room of the practitioner's: who is in it, what happens, and the one next step."""

    id: str
    room: str
    visit: Appointment
    client: str
    url: str
    time: str
    happening: str
    late: str
    notes: Sequence[str]
    desk_notes: str
    warnings: Sequence[str]
    timer: Timer | None
    step: Step | None
    lesser: Lesser | None
    after: str


@dataclass(frozen=True, slots=True)
class Hands:
    """The upper part of a practitioner's day."""

    tasks: Sequence[Task]
    cards: Sequence[RoomCard]
    carded: frozenset[int]


@dataclass(frozen=True, slots=True)
class Moment:
    """All that the cards are made from: own visits of a day, and how they go."""

    visits: Sequence[Appointment]
    runs: Mapping[int, Run]
    expected: Mapping[int, Expected]
    undoable: frozenset[int]
    desk_notes: Mapping[int, int]
    by: User
    now: datetime
    zone: ZoneInfo
    failure: Failure | None


def hands(moment: Moment) -> Hands:
    """Make the upper part of the page from a practitioner's own visits."""
    open_now = [visit for visit in moment.visits if visit.state_now in OPEN]
    cards = [
        _card(moment, visit, open_now)
        for visit in _one_a_room(open_now, moment.now, moment.failure)
    ]
    own_runs = [moment.runs[visit.pk] for visit in moment.visits]
    tasks = next_for_hands(own_runs, moment.now)[:TASKS_SHOWN]
    by_id = {visit.pk: visit for visit in moment.visits}
    carded = frozenset(card.visit.pk for card in cards)
    return Hands(
        tasks=[_task(moment, task, by_id[task.run_id], carded) for task in tasks],
        cards=cards,
        carded=carded,
    )


def start_warnings(visit: Appointment, now: datetime) -> list[str]:
    """Say which needles would be late, or not be searched for, if this visit started now."""
    lying = Appointment.objects.with_people().filter(
        practitioner_id=visit.practitioner_id, state=State.IN_SESSION
    )
    visits = [*lying.exclude(pk=visit.pk), visit]
    runs = {run.id: run for run in runs_of(visits)}
    return _late_words(visits, runs, visit, now)


def late_removal_words(late: LateRemoval, room: str, starting: Run, now: datetime) -> str:
    """Say that needles would be late if this visit started now."""
    takes = starting.outline.blocks[0].minutes
    minutes = -((now - late.due_at) // MINUTE)
    said = {"room": room, "length": minutes_words(abs(minutes)), "takes": takes}
    if minutes < 0:
        words = _("Removal in %(room)s is %(length)s overdue, this insertion takes %(takes)s.")
    elif minutes == 0:
        words = _("Removal in %(room)s is due now, this insertion takes %(takes)s minutes.")
    else:
        words = _("Removal in %(room)s is due in %(length)s, this insertion takes %(takes)s.")
    return words % said


def _one_a_room(
    visits: Sequence[Appointment], now: datetime, failure: Failure | None
) -> list[Appointment]:
    failed = [visit for visit in visits if failure is not None and failure.visit_id == visit.pk]
    chosen = {visit.room_id: visit for visit in failed}
    waiting = [v for v in visits if v.state_now is not State.BOOKED or now < v.ends_at]
    for visit in sorted(waiting, key=lambda v: (FIRST[v.state_now], v.starts_at, v.pk)):
        chosen.setdefault(visit.room_id, visit)
    return sorted(chosen.values(), key=lambda visit: (visit.room.name, visit.room_id))


def _card(moment: Moment, visit: Appointment, open_now: Sequence[Appointment]) -> RoomCard:
    run = moment.runs[visit.pk]
    failure = moment.failure
    is_failed = failure is not None and failure.visit_id == visit.pk
    timers = timers_of([visit], moment.runs, moment.by, moment.now)
    return RoomCard(
        id=f"room-{visit.public_id}",
        room=visit.room.name,
        visit=visit,
        client=visit.client.name if visit.client else "",
        url=reverse("visit", args=[visit.public_id]),
        time=time_of_day(visit.starts_at, moment.zone),
        happening=_happening(visit, run, moment.zone, moment.now),
        late=lateness(moment.expected.get(visit.pk), run, moment.now),
        notes=cautions(visit.client, visit) if visit.client else (),
        desk_notes=notes_words(moment.desk_notes.get(visit.client_id or 0, 0)),
        warnings=_warnings(moment, visit),
        timer=timers[0] if timers else None,
        step=step_of(visit, run, moment.by, moment.now, failure if is_failed else None),
        lesser=lesser_of(visit, run, moment.by, moment.now, can_undo=visit.pk in moment.undoable),
        after=_after(moment, visit, open_now),
    )


def _happening(visit: Appointment, run: Run, zone: ZoneInfo, now: datetime) -> str:
    if visit.state_now is State.BOOKED:
        return _("Expected at %(time)s") % {"time": time_of_day(visit.starts_at, zone)}
    if visit.state_now is State.ARRIVED and now >= visit.ends_at:
        return _("Noted as arrived; the visit's time is over")
    if visit.state_now is State.ARRIVED:
        return _("Here, waits for you")
    if run.stage in {Stage.OUT, Stage.UNEQUAL}:
        said = {"in": run.in_count, "out": run.out_count}
        return _("%(in)s needles in, %(out)s removed") % said
    if run.begun_at is None:
        return _("In session")
    return _("Started at %(time)s") % {"time": time_of_day(run.begun_at, zone)}


def _warnings(moment: Moment, visit: Appointment) -> list[str]:
    if visit.state_now is not State.ARRIVED:
        return []
    return _late_words(moment.visits, moment.runs, visit, moment.now)


def _late_words(
    visits: Sequence[Appointment], runs: Mapping[int, Run], visit: Appointment, now: datetime
) -> list[str]:
    rooms = {item.pk: item.room.name for item in visits}
    own = [runs[item.pk] for item in visits]
    unsearched = [
        _("%(room)s is not searched yet: %(in)s needles in, %(out)s removed.")
        % {"room": rooms[run.id], "in": run.in_count, "out": run.out_count}
        for run in own
        if run.state is State.IN_SESSION and run.stage is Stage.UNEQUAL
    ]
    late = [
        late_removal_words(late, rooms[late.run_id], runs[visit.pk], now)
        for late in late_removals(own, visit.pk, now)
    ]
    return [*unsearched, *late]


def _after(moment: Moment, visit: Appointment, open_now: Sequence[Appointment]) -> str:
    later = [
        item
        for item in open_now
        if item.room_id == visit.room_id and item.pk != visit.pk and item.client is not None
        if item.starts_at >= visit.starts_at
    ]
    if not later:
        return ""
    nearest = min(later, key=lambda item: (item.starts_at, item.pk))
    assert nearest.client is not None
    said = {"time": time_of_day(nearest.starts_at, moment.zone), "name": nearest.client.name}
    if nearest.state_now is State.ARRIVED:
        return _("Next here: %(time)s %(name)s, has arrived") % said
    return _("Next here: %(time)s %(name)s") % said


def _task(moment: Moment, task: HandsTask, visit: Appointment, carded: Collection[int]) -> Task:
    said = {
        "room": visit.room.name,
        "name": visit.client.name if visit.client else "",
        "time": time_of_day(task.at, moment.zone),
    }
    later, last, due, over = _sentences(task.what, said)
    minutes = -((moment.now - task.at) // MINUTE)
    return Task(
        words=_now_words(minutes, later, last, due, over),
        at_iso=task.at.isoformat(),
        later=later,
        last=last,
        due=due,
        over=over,
        url=f"#{'room' if visit.pk in carded else 'visit'}-{visit.public_id}",
        is_due=minutes <= 0,
    )


def _sentences(what: Work, said: Mapping[str, str]) -> tuple[str, str, str, str]:
    if what is Work.REMOVAL:
        return (
            _("Removal in %(room)s in {length}") % said,
            _("Removal in %(room)s in 1 minute") % said,
            _("Removal in %(room)s now") % said,
            _("Removal in %(room)s is {length} overdue") % said,
        )
    if what is Work.SEARCH:
        now = _("Search for needles in %(room)s now") % said
        return now, now, now, now
    if what is Work.START:
        due = _("Start %(name)s, %(room)s") % said
        later = _("Start %(name)s, %(room)s, at %(time)s") % said
    else:
        due = _("Go on with %(name)s, %(room)s") % said
        later = _("Go on with %(name)s, %(room)s, at %(time)s") % said
    return later, later, due, due


def _now_words(minutes: int, later: str, last: str, due: str, over: str) -> str:
    if minutes > 1:
        return later.replace("{length}", minutes_words(minutes))
    if minutes == 1:
        return last
    return over.replace("{length}", minutes_words(-minutes)) if minutes < -1 else due
