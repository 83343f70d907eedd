"""The one next step of a visit as a form, the lesser ones, and a step that was refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.domain.lifecycle import CLOSINGS, TRANSITIONS, UNDO_WINDOW, State
from bookings.domain.needling import RETENTION_MINUTES, Stage, retention_minutes
from bookings.domain.runs import Run
from bookings.models import Appointment
from bookings.services.status import runs_today
from clinic.models import User
from clinic.permissions import RECORD_NEEDLES, RECORD_STATUS, START_WITH_NEEDLES, may
from treatments.forms.desk import NOT_TREATED_REASONS
from treatments.forms.needles import IN, OUT, SEARCHED


class Asks(StrEnum):
    """What a step asks before it is done."""

    NOTHING = "nothing"
    TICK = "tick"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that was refused: whose, the words, what was typed; `again` asks for another tap."""

    visit_id: int
    words: str
    typed: str = ""
    ticked: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """The next step of a visit, ready to show. Its id changes with the step."""

    id: str
    url: str
    name: str
    value: str
    label: str | Promise
    asks: Asks
    client: str
    question: str = ""
    note: str = ""
    failure: Failure | None = None

    @property
    def again(self) -> bool:
        """Whether the next tap does it in spite of a warning."""
        return self.failure is not None and self.failure.again


@dataclass(frozen=True, slots=True)
class Lesser:
    """What else can be done with a visit; an empty address where it can't."""

    id: str
    url: str
    no_show: bool
    reasons: Sequence[tuple[int, str]]
    undo_url: str
    needles_undo_url: str
    needles_last: str
    undo_label: str
    retention_url: str
    retention: Sequence[tuple[int, bool]]

    @property
    def is_empty(self) -> bool:
        return not (
            self.no_show
            or self.reasons
            or self.undo_url
            or self.needles_undo_url
            or self.retention_url
        )


TAPS: dict[State, str | Promise] = {
    State.BOOKED: gettext_lazy("Arrived"),
    State.IN_SESSION: gettext_lazy("Complete"),
}
NEXT = {State.BOOKED: State.ARRIVED, State.IN_SESSION: State.COMPLETED}

UNDO_LABELS: dict[str, str | Promise] = {
    "": "",
    IN: gettext_lazy("Undo “needles in”"),
    OUT: gettext_lazy("Undo “removed”"),
    SEARCHED: gettext_lazy("Undo “searched, client told”"),
}


def step_of(
    visit: Appointment, run: Run, by: User, now: datetime, failure: Failure | None = None
) -> Step | None:
    """Return what comes next at a visit for somebody, or None where nothing does."""
    state = visit.state_now
    if state is State.ARRIVED and runs_today(visit, now):
        return _start(visit, by, failure)
    if state is State.IN_SESSION and needs_count(visit, run):
        return _needles(visit, run, by, failure)
    if state not in NEXT or not may(by, RECORD_STATUS, visit):
        return None
    if state is State.BOOKED and (now >= visit.ends_at or not runs_today(visit, now)):
        return None
    return _step(
        visit,
        state.value,
        url=reverse("visit-status", args=[visit.public_id]),
        name="to_state",
        value=NEXT[state].value,
        label=TAPS[state],
        failure=failure,
    )


def needs_count(visit: Appointment, run: Run) -> bool:
    """Tell whether a visit in session waits for a number of needles, or for a search."""
    return (
        visit.state_now is State.IN_SESSION
        and visit.service.uses_needles
        and run.stage is not Stage.OUT
    )


def may_end_untreated(visit: Appointment, run: Run) -> bool:
    """Tell whether "not treated" is open: nobody ends a visit with needles in."""
    return run.stage in {Stage.NONE, Stage.OUT} or visit.state_now is not State.IN_SESSION


def lesser_of(
    visit: Appointment, run: Run, by: User, now: datetime, *, can_undo: bool
) -> Lesser | None:
    """Return what else somebody can do with a visit; None where there is nothing."""
    if not may(by, RECORD_STATUS, visit):
        return None
    table = CLOSINGS if now >= visit.ends_at else TRANSITIONS
    wanted = table.get(visit.state_now, frozenset())
    not_treated = State.NOT_TREATED in wanted and may_end_untreated(visit, run)
    last = _last_entry(run, now) if _is_running(visit) and may(by, RECORD_NEEDLES, visit) else ""
    needles = reverse("visit-needles", args=[visit.public_id])
    lesser = Lesser(
        id=f"more-{visit.public_id}",
        url=reverse("visit-status", args=[visit.public_id]),
        no_show=State.NO_SHOW in wanted and now >= visit.starts_at,
        reasons=_reasons() if not_treated else (),
        undo_url=reverse("visit-undo", args=[visit.public_id])
        if can_undo and not (_is_running(visit) and run.stage is not Stage.NONE)
        else "",
        needles_undo_url=needles if last else "",
        needles_last=last,
        undo_label=str(UNDO_LABELS[last]),
        retention_url=_retention_url(visit, run),
        retention=_retention(visit),
    )
    return None if lesser.is_empty else lesser


def _reasons() -> list[tuple[int, str]]:
    return [(number, str(words)) for number, words in enumerate(NOT_TREATED_REASONS) if number]


def _last_entry(run: Run, now: datetime) -> str:
    """Name the last entry about needles, as long as it can be taken back."""
    if run.searched:
        return SEARCHED
    at = run.out_at or run.in_at
    if at is None or now - at > UNDO_WINDOW:
        return ""
    return OUT if run.out_at is not None else IN


def _is_running(visit: Appointment) -> bool:
    return visit.state_now is State.IN_SESSION


def _retention_url(visit: Appointment, run: Run) -> str:
    is_before = visit.state_now in {State.BOOKED, State.ARRIVED, State.IN_SESSION}
    rests = retention_minutes(visit.plan) is not None
    if not (is_before and rests and run.stage in {Stage.NONE, Stage.IN}):
        return ""
    return reverse("visit-retention", args=[visit.public_id])


def _retention(visit: Appointment) -> list[tuple[int, bool]]:
    now = retention_minutes(visit.plan)
    return [(minutes, minutes == now) for minutes in RETENTION_MINUTES]


def _start(visit: Appointment, by: User, failure: Failure | None) -> Step | None:
    needles = visit.service.uses_needles
    if not may(by, START_WITH_NEEDLES if needles else RECORD_STATUS, visit):
        return None
    again = failure is not None and failure.again
    return _step(
        visit,
        "arrived",
        url=reverse("visit-start", args=[visit.public_id]),
        name="all_the_same" if again else "",
        value="on" if again else "",
        label=_("Start all the same") if again else _("Start"),
        asks=Asks.TICK if needles else Asks.NOTHING,
        failure=failure,
    )


def _needles(visit: Appointment, run: Run, by: User, failure: Failure | None) -> Step | None:
    if not may(by, RECORD_NEEDLES, visit):
        return None
    url = reverse("visit-needles", args=[visit.public_id])
    act, label, question, note = _words_of(run)
    return _step(
        visit,
        run.stage.value,
        url=url,
        name="act",
        value=act,
        label=label,
        asks=Asks.NUMBER if question else Asks.NOTHING,
        question=question,
        note=note,
        failure=failure,
    )


def _words_of(run: Run) -> tuple[str, str, str, str]:
    if run.stage is Stage.NONE:
        return IN, _("Needles in"), _("How many needles are in?"), ""
    if run.stage is Stage.IN:
        note = _("%(count)s needles went in.") % {"count": run.in_count}
        return OUT, _("Removed"), _("How many needles came out?"), note
    note = _(
        "Needles: %(in)s in, %(out)s removed. Search hair, ears, clothes, linen and floor,"
        " and tell the client."
    ) % {"in": run.in_count, "out": run.out_count}
    return SEARCHED, _("Searched, client told"), "", note


def _step(
    visit: Appointment,
    stage: str,
    *,
    url: str,
    name: str,
    value: str,
    label: str | Promise,
    failure: Failure | None,
    asks: Asks = Asks.NOTHING,
    question: str = "",
    note: str = "",
) -> Step:
    return Step(
        id=f"step-{visit.public_id}-{stage}",
        url=url,
        name=name,
        value=value,
        label=label,
        asks=asks,
        client=visit.client.name if visit.client else "",
        question=question,
        note=note,
        failure=failure,
    )
