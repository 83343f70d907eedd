"""The day as a grid: rooms and practitioners side by side, a row for every five minutes.

Places are CSS classes (`at-N`, `for-N`: static/timeline.css), since the page may carry
no style attributes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from bookings.domain.lifecycle import RESERVING, State
from bookings.domain.segments import shape_of
from bookings.domain.timegrid import CELL, CELLS_A_DAY
from bookings.models import Appointment
from bookings.selectors.days import Day, PersonsDay
from clinic.domain.intervals import Interval
from clinic.domain.segments import SegmentPlan, total_minutes
from clinic.formatting import time_of_day, time_span
from clinic.models import Segment
from treatments.views.diary_parts import Block, BlockWords, Column, Gap, Mark, Timeline
from treatments.views.retention import Timer
from treatments.views.rows import will_be_there
from treatments.views.visit_urls import visit_url

OPENS, CLOSES = 9, 17
"""The hours that an empty day shows."""

ONE_LINE_CELLS = 6
"""A block shorter than half an hour has room for one line of words."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The hours that the grid shows."""

    day: Day
    shown: Interval
    now: datetime
    may_book: bool

    def place(self, during: Interval) -> str:
        """Return the classes of a stretch of time, cut to what is shown."""
        first = max(during.starts_at, self.shown.starts_at)
        last = min(during.ends_at, self.shown.ends_at)
        at = (first - self.shown.starts_at) // CELL
        length = max(-((first - last) // CELL), 1)
        return f"at-{min(at, CELLS_A_DAY - 1)} for-{min(length, CELLS_A_DAY)}"

    def shows(self, during: Interval) -> bool:
        """Tell whether a stretch lies at least partly inside."""
        return during.starts_at < self.shown.ends_at and during.ends_at > self.shown.starts_at


def timeline(day: Day, now: datetime, *, may_book: bool, timers: Sequence[Timer] = ()) -> Timeline:
    """Lay a day out as columns; rooms first, with the needles that are in, then practitioners."""
    frame = Frame(day=day, shown=_hours_shown(day), now=now, may_book=may_book)
    visits = [visit for visit in day.visits if visit.state_now in RESERVING]
    rooms = _room_columns(frame, visits, timers)
    people = _person_columns(frame, visits)
    return Timeline(
        hours=_hours(frame),
        columns=[*rooms, *people],
        now=_now_place(frame),
    )


def whole_visit(visit: Appointment) -> Interval:
    """Return a visit's time with the turnover of its room."""
    minutes = total_minutes(visit.plan)
    return Interval(visit.starts_at, visit.starts_at + timedelta(minutes=minutes))


def _hours_shown(day: Day) -> Interval:
    zone = day.location.zone
    spans = [span for person in day.people for span in person.on_duty]
    spans += [whole_visit(visit) for visit in day.visits if visit.state_now in RESERVING]
    if not spans:
        noon = day.bounds.starts_at + timedelta(hours=12)
        return Interval(noon - timedelta(hours=12 - OPENS), noon + timedelta(hours=CLOSES - 12))
    first = min(span.starts_at for span in spans).astimezone(zone)
    last = max(span.ends_at for span in spans)
    starts_at = first - timedelta(minutes=first.minute)
    hours = -((starts_at - last) // timedelta(hours=1))
    return Interval(starts_at, starts_at + timedelta(hours=min(hours, 24)))


def _hours(frame: Frame) -> list[Mark]:
    marks = []
    at = frame.shown.starts_at
    while at < frame.shown.ends_at:
        place = frame.place(Interval(at, at + timedelta(hours=1)))
        marks.append(Mark(place, time_of_day(at, frame.day.location.zone)))
        at += timedelta(hours=1)
    return marks


def _now_place(frame: Frame) -> str:
    if not frame.shown.starts_at <= frame.now < frame.shown.ends_at:
        return ""
    return f"at-{(frame.now - frame.shown.starts_at) // CELL}"


def _room_columns(
    frame: Frame, visits: Sequence[Appointment], timers: Sequence[Timer]
) -> list[Column]:
    closed = {item.room.id: item.closed for item in frame.day.rooms}
    names = {item.room.id: item.room.name for item in frame.day.rooms}
    names.update({visit.room_id: visit.room.name for visit in visits})
    return [
        Column(
            name=name,
            is_person=False,
            begins_group=False,
            off=_off(frame, closed.get(room_id, ()), _("Closed")),
            gaps=(),
            blocks=[_in_room(frame, visit) for visit in visits if visit.room_id == room_id],
            timers=[timer for timer in timers if timer.room_id == room_id],
        )
        for room_id, name in names.items()
    ]


def _person_columns(frame: Frame, visits: Sequence[Appointment]) -> list[Column]:
    days = {item.practitioner.id: item for item in frame.day.people}
    working = {key for key, item in days.items() if item.on_duty}
    treating = {visit.practitioner_id: visit.practitioner.name for visit in visits}
    names = {key: item.practitioner.name for key, item in days.items() if key in working}
    names.update(treating)
    columns: list[Column] = []
    for person_id, name in names.items():
        item = days.get(person_id)
        own = [visit for visit in visits if visit.practitioner_id == person_id]
        columns.append(
            Column(
                name=name,
                is_person=True,
                begins_group=not columns,
                off=_off_duty(frame, item) if item else (),
                gaps=_gaps(frame, item) if item and frame.may_book else (),
                blocks=[block for visit in own for block in _hands_on(frame, visit)],
            )
        )
    return columns


def _off(frame: Frame, spans: Iterable[Interval], label: str) -> list[Mark]:
    return [Mark(frame.place(span), label) for span in spans if frame.shows(span)]


def _off_duty(frame: Frame, item: PersonsDay) -> list[Mark]:
    outside = _outside(frame.shown, item.on_duty)
    return [*_off(frame, outside, ""), *_off(frame, item.away, _("Away"))]


def _outside(shown: Interval, spans: Sequence[Interval]) -> list[Interval]:
    edges = [shown.starts_at]
    for span in spans:
        edges += [span.starts_at, span.ends_at]
    edges.append(shown.ends_at)
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [Interval(first, last) for first, last in pairs if first < last]


def _is_shut(frame: Frame, span: Interval) -> bool:
    """Tell whether all rooms are closed for the whole span, so nobody can be booked."""
    rooms = frame.day.rooms
    return bool(rooms) and all(
        any(off.starts_at <= span.starts_at and span.ends_at <= off.ends_at for off in item.closed)
        for item in rooms
    )


def _gaps(frame: Frame, item: PersonsDay) -> list[Gap]:
    place = frame.day.location
    book = reverse("day-book")
    rows = []
    for span in item.free:
        if not frame.shows(span) or _is_shut(frame, span):
            continue
        query = {
            "location": place.slug,
            "date": frame.day.date.isoformat(),
            "practitioner": item.practitioner.public_id,
            "time": span.starts_at.astimezone(place.zone).strftime("%H:%M"),
        }
        rows.append(
            Gap(
                place=frame.place(span),
                url=f"{book}?{urlencode(query)}",
                span=time_span(span.starts_at, span.ends_at, place.zone),
                who=item.practitioner.name,
            )
        )
    return rows


def _in_room(frame: Frame, visit: Appointment) -> Block:
    parts, at = [], 0
    for segment in visit.plan:
        cells = timedelta(minutes=segment.minutes) // CELL
        parts.append(f"seg-{_kind(segment)} at-{at} for-{cells}")
        at += cells
    return _block(frame, visit, whole_visit(visit), visit.practitioner.name, *parts)


def _hands_on(frame: Frame, visit: Appointment) -> list[Block]:
    blocks = []
    for hands in shape_of(visit.plan, all_lanes=False).hands:
        starts_at = visit.starts_at + hands.offset * CELL
        during = Interval(starts_at, starts_at + hands.length * CELL)
        label = Segment.Kind(_segment_at(visit.plan, hands.offset).kind).label
        line = f"{label}, {visit.room.name}"
        blocks.append(_block(frame, visit, during, line, f"seg-hands at-0 for-{hands.length}"))
    return blocks


def _segment_at(plan: Sequence[SegmentPlan], cell: int) -> SegmentPlan:
    at = 0
    for segment in plan:
        at += timedelta(minutes=segment.minutes) // CELL
        if cell < at:
            return segment
    raise ValueError(f"no segment of the visit holds cell {cell}")


def _block(frame: Frame, visit: Appointment, during: Interval, line: str, *parts: str) -> Block:
    is_short = (during.ends_at - during.starts_at) // CELL < ONE_LINE_CELLS
    styles = ["is-short"] if is_short else []
    if visit.state_now is State.COMPLETED:
        styles.append("is-over")
    if visit.state_now is State.HELD:
        styles.append("is-held")
    name = _("Being booked") if visit.client is None else visit.client.name
    words = BlockWords(
        place=" ".join([frame.place(during), *styles]),
        url="" if visit.client is None else visit_url("visit", visit.public_id),
        title=f"{time_of_day(during.starts_at, frame.day.location.zone)} {name}",
        line="" if is_short else line,
        promised=will_be_there(visit),
    )
    return Block(words, parts)


def _kind(segment: SegmentPlan) -> str:
    if segment.holds_practitioner:
        return "hands"
    return "rest" if segment.holds_client else "turn"
