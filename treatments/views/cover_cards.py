"""A plan of cover in words: what is proposed for each visit, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.domain.cover import CoverReason
from bookings.models import Appointment
from clinic.formatting import day, day_and_year, time_of_day
from clinic.formatting import when as when_of
from treatments.models import CoverPlan
from treatments.models.cover_steps import CoverFigures, CoverStep, StepKind
from treatments.selectors.cover_plans import Proposal, ProposedVisit
from treatments.views.course_words import gap_words
from treatments.views.cover_told import is_told, kept_until, texts_of
from treatments.views.cover_words import cover_words

ICONS = {StepKind.SAME_TIME: "check", StepKind.OTHER_TIME: "clock", StepKind.CALL: "phone"}


@dataclass(frozen=True, slots=True)
class CoverCard:
    """One visit of a plan, for cover_cards.html; all words are ready to show."""

    id: str
    url: str
    kind: str
    icon: str
    at: str
    client: str
    what: str
    now: str
    why: str
    becomes: str
    note: str
    course: str
    tells: str
    change_url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class CoverDay:
    """The visits of one local day."""

    label: str
    cards: Sequence[CoverCard]


def days_of(proposal: Proposal, now: datetime, *, may_change: bool) -> list[CoverDay]:
    """Return the visits of a plan by day; no queries."""
    texts = texts_of(proposal, now) if _is_ready(proposal) else {}
    dates = _dates_after(proposal)
    this_year = now.year
    found = []
    for on, items in groupby(proposal.visits, key=lambda item: _date(item.visit.starts_at, item)):
        cards = [_card(item, proposal, dates, texts, now, may_change) for item in items]
        found.append(CoverDay(day(on) if on.year == this_year else day_and_year(on), cards))
    return found


def summary_of(proposal: Proposal) -> list[str]:
    """Say in numbers what is proposed, the most important first."""
    steps = [item.step for item in proposal.visits]
    same = sum(step.kind is StepKind.SAME_TIME and not step.asks for step in steps)
    asked = sum(step.kind is StepKind.SAME_TIME and step.asks for step in steps)
    other = sum(step.kind is StepKind.OTHER_TIME for step in steps)
    calls = sum(step.kind is StepKind.CALL for step in steps)
    words = [
        (same, ngettext("%(count)s keeps its time", "%(count)s keep their time", same)),
        (asked, ngettext("%(count)s is asked first", "%(count)s are asked first", asked)),
        (
            other,
            ngettext(
                "%(count)s is offered another time", "%(count)s are offered another time", other
            ),
        ),
        (calls, ngettext("%(count)s to call", "%(count)s to call", calls)),
    ]
    return [text % {"count": count} for count, text in words if count]


def visits_words(count: int) -> str:
    """Say how many visits a plan is about."""
    return ngettext("%(count)s visit", "%(count)s visits", count) % {"count": count}


def simple_way_words(plan: CoverPlan) -> str:
    """Say what deciding one by one would come to, where that is worse; empty otherwise."""
    figures = CoverFigures.from_json(plan.figures)
    best = figures.solver if figures.winner == "solver" else figures.greedy
    if best is None or (best.calls, best.moved, best.minutes) >= (
        figures.greedy.calls,
        figures.greedy.moved,
        figures.greedy.minutes,
    ):
        return ""
    said = {"moved": figures.greedy.moved, "calls": figures.greedy.calls}
    if not figures.greedy.calls:
        return _("One by one, in order of time, %(moved)s would be moved.") % said
    return _("One by one, in order of time, %(moved)s would be moved and %(calls)s called.") % said


def told_count(proposal: Proposal) -> int:
    """Return how many clients a plan has something to tell."""
    return len({item.visit.client_id for item in proposal.visits if is_told(item)})


def apply_words(proposal: Proposal) -> str:
    """Return what the button says that applies a plan."""
    count = told_count(proposal)
    if not count:
        return _("Apply")
    return ngettext(
        "Apply and tell %(count)s client", "Apply and tell %(count)s clients", count
    ) % {"count": count}


def card_of(item: ProposedVisit, proposal: Proposal, now: datetime) -> CoverCard:
    """Return one visit of a plan alone, with its date, without what its client will read."""
    card = _card(item, proposal, _dates_after(proposal), {}, now, may_change=False)
    return replace(card, at=when_of(item.visit.starts_at, item.visit.location_zone))


def becomes_words(step: CoverStep, visit: Appointment, proposal: Proposal) -> str:
    """Say what a step makes of a visit."""
    if step.kind is StepKind.CALL or step.starts_at is None:
        return _("Call list")
    said = {
        "name": proposal.people.get(step.practitioner_id or 0, ""),
        "room": proposal.rooms.get(step.room_id or 0, ""),
        "when": when_of(step.starts_at, visit.location_zone),
    }
    if step.kind is StepKind.OTHER_TIME:
        return _("%(when)s with %(name)s, %(room)s") % said
    return _("Same time with %(name)s, %(room)s") % said


def _is_ready(proposal: Proposal) -> bool:
    return proposal.plan.state == CoverPlan.State.READY


def _card(
    item: ProposedVisit,
    proposal: Proposal,
    dates: Mapping[tuple[int, int], date],
    texts: Mapping[int, str],
    now: datetime,
    may_change: bool,
) -> CoverCard:
    visit, step = item.visit, item.step
    zone = visit.location_zone
    # Where all have the same reason the page's heading says it.
    is_mixed = proposal.plan.scope == CoverPlan.Scope.LIST
    ids = [proposal.plan.public_id, visit.public_id]
    was = {
        "name": visit.practitioner.name,
        "room": visit.room.name,
    }
    return CoverCard(
        id=str(visit.public_id),
        url=reverse("visit", args=[visit.public_id]),
        kind=step.kind.value,
        icon=ICONS[step.kind],
        at=time_of_day(visit.starts_at, zone),
        client=visit.client.name if visit.client else "",
        what=visit.service.name,
        now=_("%(name)s, %(room)s") % was,
        why=cover_words(CoverReason(step.need), visit) if step.need and is_mixed else "",
        becomes=becomes_words(step, visit, proposal),
        note=_note(item, now),
        course=_course(item, dates),
        tells=texts.get(visit.client_id or 0, "") if is_told(item) else "",
        change_url=reverse("cover-change", args=ids) if may_change else "",
        is_chosen=step.is_chosen,
    )


def _note(item: ProposedVisit, now: datetime) -> str:
    step, visit = item.step, item.visit
    if step.kind is StepKind.CALL:
        return _("Nothing fits by itself: reception calls the client.")
    if not step.asks:
        same = step.practitioner_id == visit.practitioner_id
        return _("Takes effect at once; the client notices nothing.") if same else ""
    until = kept_until(item, now)
    if until is None:
        return _("An offer: nothing changes before the client says yes.")
    said = {"until": when_of(until, visit.location_zone)}
    return _("An offer, kept until %(until)s.") % said


def _course(item: ProposedVisit, dates: Mapping[tuple[int, int], date]) -> str:
    if item.course is None or item.number is None:
        return ""
    course, number = item.course.course, item.number
    words = _("Session %(number)s of %(of)s") % {"number": number, "of": course.length}
    before, on = dates.get((course.pk, number - 1)), dates.get((course.pk, number))
    if before is None or on is None or number < 2:
        return words
    gap = gap_words((on - before).days, number - 1, course.gap_rules[number - 2])
    return f"{words}, {gap}"


def _dates_after(proposal: Proposal) -> dict[tuple[int, int], date]:
    """Return by course and number on which local date each session would be."""
    dates = {
        (view.course.pk, session.number): session.date
        for view in {
            item.course.course.pk: item.course for item in proposal.visits if item.course
        }.values()
        for session in view.sessions
        if session.date is not None
    }
    for item in proposal.visits:
        if item.course is not None and item.number is not None and item.step.starts_at is not None:
            dates[item.course.course.pk, item.number] = _date(item.step.starts_at, item)
    return dates


def _date(at: datetime, item: ProposedVisit) -> date:
    return at.astimezone(item.visit.location_zone).date()
