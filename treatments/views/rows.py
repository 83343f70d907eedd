"""A visit as a line of a staff list, with what can be tapped there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.domain.lifecycle import CLOSINGS, OPEN, TRANSITIONS, State
from bookings.domain.needling import Stage
from bookings.domain.running import Expected
from bookings.domain.runs import Run, is_unsettled
from bookings.models import Appointment
from bookings.selectors.cover import WAITING, awaits_renewal
from bookings.services.status import runs_today
from clinic.formatting import minutes_figures, short_day, time_of_day, time_span, when
from clinic.models import Client, User
from clinic.permissions import RECORD_NEEDLES, RECORD_STATUS, START_WITH_NEEDLES, may
from clinic.selectors.catalogue import Catalogue
from clinic.views.components import SegmentBar, segment_bar
from clinic.views.desk_notes import notes_words
from treatments.views.row_words import RowWords
from treatments.views.steps import may_end_untreated, needs_count
from treatments.views.visit_urls import visit_url

LATE_AFTER = timedelta(minutes=5)
RUNS_LATE_FROM = 5
"""Minutes: less is not worth a word."""
HALF_AN_HOUR = 30
DUE_BEFORE = timedelta(minutes=30)
"""From then on a visit's next step is the loud button of its line."""

ACT_LABELS: dict[State, str | Promise] = {
    State.ARRIVED: gettext_lazy("Arrived"),
    State.COMPLETED: gettext_lazy("Complete"),
    State.NO_SHOW: gettext_lazy("Did not come"),
    State.NOT_TREATED: gettext_lazy("Not treated"),
}
"""The steps that are one tap, in this order; starting and cancelling may ask more."""
EXPECTED = frozenset({State.ARRIVED, State.COMPLETED})
"""Steps that may be the loud button: what everybody hopes for."""


@dataclass(frozen=True, slots=True)
class Act:
    """A one-tap step; the one that is due now is the loud one."""

    to_state: str
    label: str | Promise
    is_due: bool


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit in a list, ready to show."""

    id: str
    visit: Appointment
    url: str
    start_url: str
    status_url: str
    undo_url: str
    day: str
    time: str
    client: str
    notes: tuple[str, ...]
    late: str
    start: str
    acts: Sequence[Act]
    can_undo: bool
    is_now: bool
    is_off: bool
    papers: str
    promised: bool
    offered: str
    lateness: str
    needles: str
    desk_notes: str
    bar: SegmentBar

    @property
    def words(self) -> RowWords:
        """The words of the line, by themselves."""
        return RowWords(
            day=self.day,
            time=self.time,
            url=self.url,
            client=self.client,
            service=self.visit.service.name,
            practitioner=self.visit.practitioner.name,
            room=self.visit.room.name,
            location=self.visit.location.name,
            late=self.late,
            lateness=self.lateness,
            offered=self.offered,
            promised=self.promised,
            needles=self.needles,
            papers=self.papers,
            desk_notes=self.desk_notes,
        )


START_BY_TAP = "tap"
START_BY_TICK = "tick"


def visit_row(
    visit: Appointment,
    now: datetime,
    *,
    can_undo: bool,
    by: User | None = None,
    facts: Catalogue | None = None,
    run: Run | None = None,
    expected: Expected | None = None,
    desk_notes: int = 0,
    offered_until: datetime | None = None,
) -> VisitRow:
    """Make the line of a visit, as `by` sees it. Needs client, location and service loaded.

    With `facts` it says where papers do not allow the visit; with `run` how its needles are
    (numbers only for who treats), and offers only the ends that they allow; with `expected`
    how late it will be; with `desk_notes` how many notes of the client the desk has.
    """
    zone = ZoneInfo(visit.location.zone)
    client = visit.client
    return VisitRow(
        id=f"visit-{visit.public_id}",
        visit=visit,
        url=visit_url("visit", visit.public_id) if client else "",
        start_url=visit_url("visit-start", visit.public_id),
        status_url=visit_url("visit-status", visit.public_id),
        undo_url=visit_url("visit-undo", visit.public_id),
        day=_date(visit.starts_at.astimezone(zone).date(), now.astimezone(zone).date()),
        time=time_span(visit.starts_at, visit.ends_at, zone),
        client=client.name if client else _("Somebody is booking this time"),
        notes=tuple(cautions(client, visit)) if client and visit.state_now in OPEN else (),
        late=_late(visit, now),
        start=start_of(visit, now, by) if by else "",
        acts=acts_of(visit, now, run),
        can_undo=can_undo and not (run is not None and _is_running_with_needles(visit, run)),
        is_now=visit.state_now in OPEN and visit.starts_at <= now < visit.ends_at,
        is_off=visit.state_now in {State.CANCELLED, State.NO_SHOW, State.NOT_TREATED},
        papers=papers_mark(visit, facts, now) if facts else "",
        promised=will_be_there(visit),
        offered=_offered(offered_until, zone) if visit.state_now is State.BOOKED else "",
        lateness=lateness(expected, run, now) if visit.state_now in OPEN else "",
        needles=_needles(visit, run, zone, by) if run else "",
        desk_notes=notes_words(desk_notes),
        bar=segment_bar(visit.plan),
    )


def lateness(expected: Expected | None, run: Run | None, now: datetime) -> str:
    """Say how much later than planned a visit will be; empty when it is on time.

    From two hours on in hours; where somebody forgot to enter what happened, it says that.
    """
    if run is not None and is_unsettled(run, now):
        return _("removal not entered") if run.stage is Stage.IN else _("search not entered")
    if expected is None or expected.late_minutes < RUNS_LATE_FROM:
        return ""
    hours, minutes = divmod(expected.late_minutes, 60)
    if not hours:
        return _("about %(minutes)s minutes late") % {"minutes": minutes}
    if hours == 1 and minutes:
        return _("about 1 hour %(minutes)s minutes late") % {"minutes": minutes}
    hours += minutes >= HALF_AN_HOUR
    said = ngettext("about %(hours)s hour late", "about %(hours)s hours late", hours)
    return said % {"hours": hours}


def _needles(visit: Appointment, run: Run, zone: ZoneInfo, by: User | None) -> str:
    if by is not None and may(by, RECORD_NEEDLES, visit):
        return _numbers_of_needles(run, zone)
    return _stage_of_needles(run, zone)


def _numbers_of_needles(run: Run, zone: ZoneInfo) -> str:
    said: dict[str, object] = {"in": run.in_count, "out": run.out_count}
    if run.due_at is not None:
        due = {"in": run.in_count, "due": time_of_day(run.due_at, zone)}
        return _("%(in)s needles in, due out at %(due)s") % due
    if run.stage is Stage.UNEQUAL:
        return _("%(in)s needles in, %(out)s removed: not searched yet") % said
    if run.stage is Stage.OUT and run.in_count != run.out_count:
        return _("%(in)s needles in, %(out)s removed, searched") % said
    return _("%(in)s needles in, %(out)s removed") % said if run.stage is Stage.OUT else ""


def _stage_of_needles(run: Run, zone: ZoneInfo) -> str:
    if run.due_at is not None:
        return _("Needles in, due out at %(due)s") % {"due": time_of_day(run.due_at, zone)}
    if run.stage is Stage.UNEQUAL:
        return _("Needles removed, not settled yet")
    return _("Needles removed and counted") if run.stage is Stage.OUT else ""


def _offered(until: datetime | None, zone: ZoneInfo) -> str:
    """Say that the client has another time to answer, and until when it is kept."""
    if until is None:
        return ""
    return _("Offered another time, waits until %(until)s") % {"until": when(until, zone)}


def will_be_there(visit: Appointment) -> bool:
    """Tell whether the client has said "I'll be there", as long as that says anything."""
    return visit.is_promised and visit.state_now is State.BOOKED


def papers_mark(visit: Appointment, facts: Catalogue, now: datetime) -> str:
    """Say what papers mean for a visit that has yet to be started; empty if all are valid."""
    if visit.state_now not in WAITING or visit.ends_at <= now:
        return ""
    awaits = awaits_renewal(visit, facts)
    if awaits is None:
        return _("Papers not valid on that day")
    return _("Papers run out before; renewal expected") if awaits else ""


def start_of(visit: Appointment, now: datetime, by: User) -> str:
    """Say how somebody may start a visit: by a tap, by a tick first, or not at all ("")."""
    if visit.state_now is not State.ARRIVED or now >= visit.ends_at:
        return ""
    if not visit.service.uses_needles:
        return START_BY_TAP if may(by, RECORD_STATUS, visit) else ""
    return START_BY_TICK if may(by, START_WITH_NEEDLES, visit) else ""


def acts_of(visit: Appointment, now: datetime, run: Run | None = None) -> list[Act]:
    """Return what can be tapped at a visit: its next steps, or its end once it is over.

    With `run`, a visit whose needles are not settled can't be ended.
    """
    table = CLOSINGS if now >= visit.ends_at else TRANSITIONS
    wanted = table.get(visit.state_now, frozenset())
    if visit.state_now is State.HELD:
        return []
    steps = [state for state in ACT_LABELS if state in wanted]
    if not runs_today(visit, now):
        steps = [state for state in steps if state is not State.ARRIVED]
    if now < visit.starts_at:
        steps = [state for state in steps if state is not State.NO_SHOW]
    if run is not None and needs_count(visit, run):
        steps = [state for state in steps if state is not State.COMPLETED]
    if run is not None and not may_end_untreated(visit, run):
        steps = [state for state in steps if state is not State.NOT_TREATED]
    is_due = now >= visit.starts_at - DUE_BEFORE
    return [Act(state.value, ACT_LABELS[state], is_due and state in EXPECTED) for state in steps]


def _is_running_with_needles(visit: Appointment, run: Run) -> bool:
    return visit.state_now is State.IN_SESSION and run.stage is not Stage.NONE


def cautions(client: Client, visit: Appointment | None = None) -> list[str]:
    """Return the staff-only marks of a client in words; they carry no reason."""
    words = []
    if client.needs_step_free:
        words.append(_("Step-free room"))
    if client.never_overlap:
        words.append(_("Never overlap"))
    if visit is None or visit.service.uses_needles:
        words += _needling(client)
    return words


def _date(on: date, today: date) -> str:
    return short_day(on) if on.year == today.year else f"{short_day(on)} {on.year}"


def _needling(client: Client) -> list[str]:
    if client.no_needling_until_cleared:
        return [_("No needling until cleared")]
    if client.no_needling_before:
        return [_("No needling before %(date)s") % {"date": short_day(client.no_needling_before)}]
    return []


def _late(visit: Appointment, now: datetime) -> str:
    late = now - visit.starts_at
    if visit.state_now is not State.BOOKED or late < LATE_AFTER or now >= visit.ends_at:
        return ""
    return _("%(length)s late") % {"length": minutes_figures(late // timedelta(minutes=1))}
