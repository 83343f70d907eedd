"""How a plan stands to the event that it is made for."""

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from treatments.domain.events import nearer_start
from treatments.services.planning import Proposal
from treatments.views.plan_words import DAYS_A_WEEK, date_words

IN_WEEKS_FROM = 21


@dataclass(frozen=True, slots=True)
class EventNote:
    """How long before the event a plan ends; a later start where that is long before."""

    words: str
    begin_words: str
    begin_url: str


def event_note(proposal: Proposal, draft_id: object, now: datetime) -> EventNote | None:
    """Return what to say about the event of a plan; None where there is none."""
    question, plan = proposal.question, proposal.plan
    if question.event_date is None:
        return None
    begin = _nearer_start(proposal)
    query = urlencode({"from": begin.isoformat()}) if begin else ""
    return EventNote(
        words=_("Your last session is %(length)s before your event on %(day)s.")
        % {
            "length": _length_words((question.event_date - plan.finish_date).days),
            "day": date_words(question.event_date, now, question),
        },
        begin_words=_("Begin on %(day)s or later, to finish closer to it")
        % {"day": date_words(begin, now, question)}
        if begin
        else "",
        begin_url=f"{reverse('course-plan-wishes', args=[draft_id])}?{query}" if begin else "",
    )


def asked_start(request: HttpRequest) -> date | None:
    """Return the start that the address asks for; what is no date counts as not asked."""
    try:
        return date.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        return None


def _nearer_start(proposal: Proposal) -> date | None:
    """Return a start nearer to the event, where session 1 is still to be chosen."""
    first, number = proposal.numbered[0]
    ready_by = proposal.question.wishes.ready_by
    if number > 1 or ready_by is None:
        return None
    return nearer_start(first.date, proposal.plan.finish_date, ready_by)


def _length_words(days: int) -> str:
    if days < IN_WEEKS_FROM:
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    weeks = days // DAYS_A_WEEK
    return ngettext("%(count)s week", "%(count)s weeks", weeks) % {"count": weeks}
