"""The verifiers' lists: papers that wait, papers that run out, visits that need a paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import InvalidPage, Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.models import Appointment
from bookings.selectors.depending import Line, count_after, visits_by_line, visits_of_line
from clinic.domain.credentials import Result
from clinic.formatting import plain_date, when
from clinic.models import Credential, User
from clinic.permissions import ENTER_PAPERS, SEE_VISIT, VERIFY_PAPER, VERIFY_PAPERS, may
from clinic.selectors.credentials import PaperStanding, Waits, verifiers, with_everything
from clinic.selectors.verification_queue import (
    Show,
    alerts_of,
    all_standings,
    is_past_due,
    queue,
    running_out,
    waits_since,
)
from clinic.views.access import SignedInRequest, needs
from clinic.views.paper_rows import dates_of, days_words, state_of
from treatments.forms.verification import QueueQuery
from treatments.views.desk import PER_PAGE, page_of

ENOUGH_VERIFIERS = 2
ALERTS_SHOWN = 3

SHOW_LABELS: dict[Show, str | Promise] = {
    Show.TO_DO: gettext_lazy("To do"),
    Show.NEW: gettext_lazy("New"),
    Show.RECHECK: gettext_lazy("Check again"),
    Show.ASKED: gettext_lazy("More asked for"),
    Show.ALL: gettext_lazy("All papers"),
}


@dataclass(frozen=True, slots=True)
class Tab:
    """One filter of the queue, with how many papers it shows."""

    label: str | Promise
    count: int
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A paper that waits."""

    holder: str
    type: str
    url: str
    state: str
    dates: str
    waits: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class EndingRow:
    """A paper that runs out, and how many booked visits its end breaks."""

    holder: str
    type: str
    url: str
    state: str
    ends: str
    back: str
    left: str
    is_past_due: bool
    broken: int
    visits_url: str


@needs(VERIFY_PAPERS)
def verification(request: SignedInRequest) -> HttpResponse:
    """List the papers that wait for a verifier, the longest waiting first."""
    now = timezone.now()
    form = QueueQuery(request.GET)
    is_good = form.is_valid()
    wanted = form.cleaned_data if is_good else {}
    show = wanted.get("show") or Show.TO_DO
    picked = {name: wanted.get(name, "") for name in ("type", "holder")}
    found = all_standings(now)
    listed = queue(found, show, **picked)
    form.offer(listed.types, listed.holders)
    form.initial = {"show": show.value, **picked}
    page = _page_of(listed.items, request)
    return render(
        request,
        "treatments/verification.html",
        {
            "title": _("Verification"),
            "form": form,
            "tabs": [_tab(each, show, listed.counts[each], picked) for each in Show],
            "page": page,
            "rows": [_queue_row(item, request.user) for item in page],
            "query": _query(show, picked),
            "is_filtered": any(picked.values()),
            "show": show.value,
            "too_few": verifiers().count() < ENOUGH_VERIFIERS,
            "ending": _ending_box(found),
            "enter_url": reverse("papers-enter") if may(request.user, ENTER_PAPERS) else "",
        },
        status=200 if is_good else 422,
    )


@needs(VERIFY_PAPERS)
def expiring(request: SignedInRequest) -> HttpResponse:
    """List the papers that run out and were not renewed, the soonest first."""
    now = timezone.now()
    found = running_out(all_standings(now))
    context = {"title": _("Papers that run out"), "rows": _ending_rows(found, now)}
    return render(request, "treatments/verification_expiring.html", context)


@needs(VERIFY_PAPERS)
def verification_visits(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """List the booked visits ahead that need a paper, or those after a date."""
    now = timezone.now()
    row = paper_seen(public_id)
    bounds = {name: _date_of(request.GET.get(name, "")) for name in ("after", "before")}
    page = page_of(visits_of_line(Line.of(row), now, **bounds), request)
    context = {
        "title": _("Booked visits that need this paper"),
        "paper": row,
        **{name: plain_date(bound) if bound else "" for name, bound in bounds.items()},
        "query": _bounds_query(**bounds),
        "page": page,
        "rows": [_visit(visit, request.user) for visit in page],
    }
    return render(request, "treatments/verification_visits.html", context)


def paper_seen(public_id: UUID) -> Credential:
    """Return a paper with everything; 404 if there is none, or it was withdrawn."""
    row = with_everything().filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row


def visits_url(row: Credential, after: date | None = None, before: date | None = None) -> str:
    """Return the page that lists the visits that need a paper, or those between two dates."""
    url = reverse("verification-visits", args=[row.public_id])
    query = _bounds_query(after, before)
    return f"{url}?{query}" if query else url


def _bounds_query(after: date | None, before: date | None) -> str:
    bounds = {"after": after, "before": before}
    return urlencode({name: bound.isoformat() for name, bound in bounds.items() if bound})


def _page_of(items: Sequence[PaperStanding], request: HttpRequest) -> Page:
    try:
        return Paginator(items, PER_PAGE).page(request.GET.get("page") or 1)
    except InvalidPage as error:
        raise Http404 from error


def _tab(each: Show, show: Show, count: int, picked: dict[str, str]) -> Tab:
    url = f"{reverse('verification')}?{_query(each, picked)}"
    return Tab(SHOW_LABELS[each], count, url, is_current=each is show)


def _query(show: Show, picked: dict[str, str]) -> str:
    chosen = {name: value for name, value in picked.items() if value}
    return urlencode({"show": show.value, **chosen})


def _queue_row(item: PaperStanding, by: User) -> QueueRow:
    return QueueRow(
        holder=item.row.holder_name,
        type=str(item.row.type),
        url=reverse("verification-paper", args=[item.row.public_id]),
        state=state_of(item),
        dates=dates_of(item.row),
        waits=_waits_words(item),
        is_own=not may(by, VERIFY_PAPER, item.row),
    )


def _waits_words(item: PaperStanding) -> str:
    said = {"date": plain_date(waits_since(item))}
    if item.waits is Waits.RECHECK:
        return _("Check again, due %(date)s") % said
    if item.waits is Waits.HOLDER:
        return _("More asked for on %(date)s") % said
    if item.waits is Waits.NOBODY:
        return _("Nothing to do")
    check = item.last_check
    if check is not None and check.result == Result.MORE_ASKED:
        return _("Answered; handed in on %(date)s") % said
    return _("New, handed in on %(date)s") % said


def _ending_box(found: Sequence[PaperStanding]) -> dict[str, object]:
    """Return what the queue's page says of papers that run out: the nearest that we warned of."""
    items = running_out(found)
    alerted = {alert.credential_id for alert in alerts_of(items)}
    pressing = [item for item in items if item.row.pk in alerted or is_past_due(item)]
    return {
        "count": len(items),
        "rows": [_ending_row(item, 0) for item in pressing[:ALERTS_SHOWN]],
    }


def _ending_rows(items: Sequence[PaperStanding], now: datetime) -> list[EndingRow]:
    needed = visits_by_line({Line.of(item.row) for item in items}, now)
    return [
        _ending_row(
            item, count_after(needed[Line.of(item.row)], item.paper.last_date, _back_on(item))
        )
        for item in items
    ]


def _back_on(item: PaperStanding) -> date | None:
    return item.run.back_on if item.run else None


def _ending_row(item: PaperStanding, broken: int) -> EndingRow:
    last, back_on = item.paper.last_date, _back_on(item)
    return EndingRow(
        holder=item.row.holder_name,
        type=str(item.row.type),
        url=reverse("verification-paper", args=[item.row.public_id]),
        state=state_of(item),
        ends=plain_date(last),
        back=_("The next one counts from %(date)s") % {"date": plain_date(back_on)}
        if back_on
        else "",
        left=_left_words((last - item.today).days),
        is_past_due=is_past_due(item),
        broken=broken,
        visits_url=visits_url(item.row, last, back_on),
    )


def _left_words(days: int) -> str:
    if days >= 0:
        return days_words(days)
    return ngettext("%(count)s day ago", "%(count)s days ago", -days) % {"count": -days}


def _visit(visit: Appointment, by: User) -> dict[str, object]:
    """Return a visit in a list; whose it is only for those who may see the visit."""
    is_known = may(by, SEE_VISIT, visit)
    return {
        "when": when(visit.starts_at, visit.location_zone, with_year=True),
        "client": visit.client.name if visit.client and is_known else "",
        "url": reverse("visit", args=[visit.public_id]) if is_known else "",
        "service": visit.service.name,
        "practitioner": visit.practitioner.name,
        "location": visit.location.name,
    }


def _date_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Http404 from error
