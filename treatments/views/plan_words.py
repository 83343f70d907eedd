"""Planned courses in words and small pictures, ready for the pages."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.views.presenting import SUBJECT_TO_RENEWAL
from clinic import formatting
from clinic.selectors.catalogue import Catalogue
from treatments.domain.bends import Bend, BendKind
from treatments.domain.course import PlannedSession
from treatments.domain.diagnosis import Reason, ReasonKind, RelaxationKind
from treatments.domain.starts import Candidate
from treatments.domain.wishes import MINUTES_A_DAY
from treatments.selectors.planning import CourseQuestion, Figures
from treatments.selectors.protocols import CoursePrice
from treatments.services.planning import Proposal

DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One session of a plan, for plan_sessions.html."""

    number: int
    when: str
    who: str
    gap: str
    bends: Sequence[str]
    note: str
    is_fixed: bool
    is_changed: bool
    swap_url: str


def plan_rows(
    proposal: Proposal, draft_id: object, now: datetime, changed: Collection[int]
) -> list[PlanRow]:
    """Return the sessions of a plan; `changed` are the numbers to mark."""
    numbers = {number for _slot, number in proposal.numbered}
    rows = []
    for session in proposal.plan.sessions:
        number = session.number + proposal.offset
        is_open = number in numbers
        rows.append(
            PlanRow(
                number=number,
                when=_when(proposal, session.candidate, now, is_done=not is_open),
                who=_who(proposal, session.candidate.practitioner_id),
                gap=_gap(session, number),
                bends=[_bend(bend, proposal, session, number) for bend in session.bends],
                note=str(SUBJECT_TO_RENEWAL) if _awaits_renewal(proposal, session, number) else "",
                is_fixed=not is_open,
                is_changed=number in changed,
                swap_url=reverse("course-plan-swap", args=[draft_id, number]) if is_open else "",
            )
        )
    return rows


def common_name(rows: Sequence[PlanRow]) -> str:
    """Return with whom all sessions of a plan are; nothing where more than one treats."""
    names = {row.who for row in rows}
    return names.pop() if len(names) == 1 else ""


def date_words(on: date, now: datetime, question: CourseQuestion) -> str:
    """Return a date with the day's name, and the year where it is not this one."""
    this_year = now.astimezone(question.location.zone).year
    return formatting.day(on) if on.year == this_year else formatting.day_and_year(on)


def wish_words(question: CourseQuestion) -> str:
    """Return the wishes in a line: "Tuesday or Thursday, from 4pm, with Chen Chang"."""
    wishes = question.wishes
    parts = []
    days = sorted(wishes.only_weekdays or wishes.rather_weekdays)
    if days:
        parts.append(_(" or ").join(formatting.weekday(day) for day in days))
    hours = wishes.only_hours or wishes.rather_hours
    if hours:
        parts.append(_hours_words(hours.from_minute, hours.to_minute))
    who = wishes.only_practitioner_id or wishes.rather_practitioner_id
    if who:
        parts.append(_("with %(name)s") % {"name": _name(question.catalogue, who)})
    if wishes.not_before:
        parts.append(_("from %(day)s on") % {"day": formatting.plain_date(wishes.not_before)})
    if question.event_date:
        parts.append(_("ready for %(day)s") % {"day": formatting.plain_date(question.event_date)})
    return ", ".join(parts) or _("any day, any time, with anybody")


def span_words(figures: Figures) -> str:
    """Return how long a course takes at its usual gaps: "about 9 weeks"."""
    weeks = max(1, round(sum(rule.target_days for rule in figures.rules) / DAYS_A_WEEK))
    return ngettext("about %(count)s week", "about %(count)s weeks", weeks) % {"count": weeks}


def spacing_words(figures: Figures) -> str:
    """Return how far apart the sessions lie: "7 to 14 days apart"."""
    least = min((rule.min_days for rule in figures.rules), default=0)
    most = max((rule.max_days for rule in figures.rules), default=0)
    if not most:
        return ""
    return _("%(least)s to %(most)s days apart") % {"least": least, "most": most}


def sessions_words(count: int) -> str:
    """Return a number of sessions: "10 sessions"."""
    return ngettext("%(count)s session", "%(count)s sessions", count) % {"count": count}


def length_words(question: CourseQuestion) -> str:
    """Return how long the visits take: "90 minutes the first time, then 60 minutes"."""
    services, figures = question.catalogue.services, question.figures
    first, each = services[figures.first_service_id], services[figures.follow_up_service_id]
    minutes = formatting.minutes_words(each.client_minutes)
    if first.client_minutes == each.client_minutes or question.done_before:
        return _("%(minutes)s each") % {"minutes": minutes}
    return _("%(first)s the first time, then %(each)s") % {
        "first": formatting.minutes_words(first.client_minutes),
        "each": minutes,
    }


def price_words(price: CoursePrice) -> str:
    """Return the price of each session: "$160 for the first, then $120 each"."""
    each = formatting.price(price.each, price.currency)
    if price.first is None or price.first == price.each:
        return _("%(price)s a session") % {"price": each}
    first = formatting.price(price.first, price.currency)
    return _("%(first)s for the first session, then %(each)s each") % {
        "first": first,
        "each": each,
    }


def total_words(price: CoursePrice) -> str:
    """Return the price of all sessions: "$1,240 in all"."""
    return _("%(total)s in all") % {"total": formatting.price(price.total, price.currency)}


def reason_words(reason: Reason, question: CourseQuestion, now: datetime) -> str:
    """Say what stands in the way of a plan."""
    number = reason.session_number + question.offset
    wished = question.wishes.only_practitioner_id
    day = date_words(reason.date, now, question) if reason.date else ""
    if reason.kind is ReasonKind.READY_BY_TOO_EARLY:
        margin = question.figures.event_margin_days
        return _(
            "The last session can be on %(day)s at the earliest. That is too late for your "
            "event, which should be %(margin)s days after it."
        ) % {"day": day, "margin": margin}
    if reason.kind is ReasonKind.NOTHING_FREE:
        return _("Nothing is free for session %(number)s just now.") % {"number": number}
    if reason.kind is ReasonKind.PRACTITIONER_NOT_FREE:
        name = _name(question.catalogue, wished) if wished else ""
        return _("%(name)s has no free time for session %(number)s.") % {
            "name": name,
            "number": number,
        }
    if reason.kind is ReasonKind.NOTHING_AS_WISHED:
        return _("No free time for session %(number)s fits all of your wishes.") % {
            "number": number
        }
    if day:
        return _(
            "Session %(number)s would have to be by %(day)s, so that the gap does not get too "
            "long. No time until then fits all of your wishes."
        ) % {"number": number, "day": day}
    return _("No time for session %(number)s fits the sessions before it.") % {"number": number}


def relaxation_words(kinds: Sequence[RelaxationKind]) -> str:
    """Say which wishes are given up: "Other days too, and other times too"."""
    words = {
        RelaxationKind.OTHER_DAYS: _("on other days too"),
        RelaxationKind.OTHER_HOURS: _("at other times of day too"),
        RelaxationKind.ANY_PRACTITIONER: _("with any practitioner"),
        RelaxationKind.LATER_READY_BY: _("with a later event"),
    }
    text = _(" and ").join(words[kind] for kind in kinds)
    return text[:1].upper() + text[1:]


def _when(proposal: Proposal, slot: Candidate, now: datetime, *, is_done: bool) -> str:
    question = proposal.question
    if is_done and question.done_before:
        return date_words(slot.date, now, question)
    zone = question.location.zone
    other_year = slot.date.year != now.astimezone(zone).year
    return formatting.when(slot.starts_at, zone, with_year=other_year)


def _who(proposal: Proposal, practitioner_id: int) -> str:
    return _name(proposal.question.catalogue, practitioner_id)


def _name(facts: Catalogue, practitioner_id: int) -> str:
    person = facts.practitioners.get(practitioner_id)
    return person.name if person else ""


def _gap(session: PlannedSession, number: int) -> str:
    if session.gap_days is None:
        return ""
    return ngettext(
        "%(count)s day after session %(before)s",
        "%(count)s days after session %(before)s",
        session.gap_days,
    ) % {"count": session.gap_days, "before": number - 1}


def _bend(bend: Bend, proposal: Proposal, session: PlannedSession, number: int) -> str:
    wishes = proposal.question.wishes
    slot = session.candidate
    if bend.kind is BendKind.GAP_TOO_SHORT:
        words = ngettext(
            "%(count)s day sooner than recommended",
            "%(count)s days sooner than recommended",
            bend.amount,
        )
        return words % {"count": bend.amount}
    if bend.kind is BendKind.GAP_TOO_LONG:
        words = ngettext(
            "%(count)s day later than recommended",
            "%(count)s days later than recommended",
            bend.amount,
        )
        return words % {"count": bend.amount}
    if bend.kind is BendKind.OVER_CEILING:
        words = ngettext(
            "%(count)s day over the longest gap of this course",
            "%(count)s days over the longest gap of this course",
            bend.amount,
        )
        return words % {"count": bend.amount}
    if bend.kind is BendKind.OTHER_DAY:
        return _("a %(day)s, not one of your days") % {
            "day": formatting.weekday(slot.date.isoweekday())
        }
    if bend.kind is BendKind.OTHER_PRACTITIONER:
        wished = wishes.only_practitioner_id or wishes.rather_practitioner_id
        return _("not with %(name)s") % {
            "name": _name(proposal.question.catalogue, wished) if wished else ""
        }
    return _("outside your time of day")


def _awaits_renewal(proposal: Proposal, session: PlannedSession, number: int) -> bool:
    asked = proposal.asked
    free = asked.first if number == 1 else asked.follow_up
    bits = free.renewals.get(session.candidate.practitioner_id, 0)
    cell = free.grid.cell_of(session.candidate.starts_at)
    return cell >= 0 and bool(bits >> cell & 1)


def _hours_words(from_minute: int, to_minute: int) -> str:
    begin = formatting.clock(time(*divmod(from_minute, 60)))
    end = formatting.clock(time(*divmod(to_minute % MINUTES_A_DAY, 60)))
    if from_minute == 0:
        return _("before %(time)s") % {"time": end}
    if to_minute == MINUTES_A_DAY:
        return _("from %(time)s") % {"time": begin}
    return _("from %(start)s to %(end)s") % {"start": begin, "end": end}
