"""Choose a time for one session of a course, look at what else changes, confirm."""

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.refusals import SlotTaken, TooLateToChange
from bookings.views.picker import value_of
from clinic import formatting
from clinic.permissions import RUN_DESK, may
from clinic.refusals import AlreadyChanged, Refusal
from clinic.selectors.catalogue import catalogue
from clinic.views.access import SignedInRequest, signed_in
from clinic.views.components import Choice
from treatments.forms.courses import MoveQuery, TokenForm
from treatments.selectors.courses import CourseView
from treatments.services.change_tokens import change_of_token, token_of
from treatments.services.changing import ChangeKind, apply_change
from treatments.services.choosing import SessionChoices, free_for_session
from treatments.services.courses import BreaksCourse
from treatments.services.missing import preview_choice
from treatments.services.proposing import RepairWay, preview_move
from treatments.views.course_sides import OWN, Side, zone_of_course
from treatments.views.course_words import change_rows, count_words, move_words, when_words

WAYS = {
    RepairWay.SMALLEST: gettext_lazy("Change as little as possible"),
    RepairWay.KEEP: gettext_lazy("Keep all other dates"),
    RepairWay.SHIFT: gettext_lazy("Shift all later sessions by the same days"),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def course_move(request: SignedInRequest, public_id: UUID, number: int, side: Side) -> HttpResponse:
    """Choose a time; with one, look at the smallest change; POST confirms it.

    For a session that is booked, and for one without a date.
    """
    view = side.view(request, public_id)
    is_booked = visit_of(view, number) is not None
    now = timezone.now()
    if not view.is_running or not (is_booked or lacks_date(view, number)):
        messages.info(request, _("This session can't be moved as it stands now."))
        return redirect(side.url(view.course))
    if request.method == "POST":
        return _apply(request, view, number, side, now)
    query = MoveQuery(request.GET, now=now)
    at = query.read("time")
    if at is None:
        return _picker(request, view, number, side, query, now)
    way = RepairWay(query.read("repair") or RepairWay.SMALLEST)
    return _preview(request, view, number, side, at, way, now)


def visit_of(view: CourseView, number: int) -> Appointment | None:
    """Return a session's booked visit; a 404 for a number that the course does not have."""
    item = view.session(number)
    if item is None:
        raise Http404
    visit = item.visit
    return visit if visit is not None and visit.state == State.BOOKED else None


def lacks_date(view: CourseView, number: int) -> bool:
    """Say whether a session is neither done nor booked."""
    return number in [item.number for item in view.unbooked]


def _apply(
    request: SignedInRequest, view: CourseView, number: int, side: Side, now: datetime
) -> HttpResponse:
    form = TokenForm(request.POST)
    try:
        if not form.is_valid():
            raise AlreadyChanged
        change = change_of_token(form.cleaned_data["token"], view.course)
        apply_change(change=change, by=request.user, now=now)
    except SlotTaken as refusal:
        query = MoveQuery(request.GET, now=now)
        return _picker(request, view, number, side, query, now, refusal=refusal)
    except Refusal as refusal:
        messages.info(request, str(refusal.message))
        return redirect(side.url(view.course))
    if change.kind is ChangeKind.BOOK:
        messages.success(request, _("Session %(number)s is booked.") % {"number": number})
        return redirect(side.url(view.course))
    moved = change.dates_changed
    words = ngettext("Done: %(count)s date changed.", "Done: %(count)s dates changed.", moved)
    messages.success(request, words % {"count": moved})
    return redirect(side.url(view.course))


def _picker(
    request: SignedInRequest,
    view: CourseView,
    number: int,
    side: Side,
    query: MoveQuery,
    now: datetime,
    *,
    refusal: Refusal | None = None,
) -> HttpResponse:
    page = query.read("page") or 0
    try:
        found = free_for_session(
            view=view, number=number, by=request.user, now=now, on=query.read("on"), page=page
        )
    except TooLateToChange as late:
        return _too_late(request, view, number, side, late)
    except Refusal as other:
        messages.error(request, str(other.message))
        return redirect(side.url(view.course))
    path = side.url(view.course, "move", number)
    return render(
        request,
        "treatments/course_move.html",
        {
            **page_of(view, number, side, now),
            "path": path,
            "page": page,
            "dates": _cards(found, path, page),
            "times": _times(view, number, found),
            "day": formatting.day(found.chosen) if found.chosen else "",
            "on": found.chosen.isoformat() if found.chosen else "",
            "nearer_url": f"{path}?{urlencode({'page': page - 1})}" if page else "",
            "further_url": f"{path}?{urlencode({'page': page + 1})}" if found.has_more else "",
            "alone_url": _alone_url(request, view, number, side),
            "refusal": refusal,
        },
        status=refusal.status if refusal else 200,
    )


def _preview(
    request: SignedInRequest,
    view: CourseView,
    number: int,
    side: Side,
    at: datetime,
    way: RepairWay,
    now: datetime,
) -> HttpResponse:
    path = side.url(view.course, "move", number)
    context = page_of(view, number, side, now)
    asked = {"time": value_of(at)}
    is_new = lacks_date(view, number)
    others = [
        {"label": WAYS[other], "url": f"{path}?{urlencode({**asked, 'repair': other})}"}
        for other in (() if is_new else RepairWay)
        if other is not way
    ]
    context |= {"way": WAYS[way], "others": others, "path": path, "is_smallest": way == "smallest"}
    by = request.user
    try:
        if is_new:
            change = preview_choice(view=view, number=number, starts_at=at, by=by, now=now)
        else:
            change = preview_move(
                view=view, number=number, starts_at=at, repair=way, by=by, now=now
            )
    except TooLateToChange as late:
        return _too_late(request, view, number, side, late)
    except BreaksCourse as refusal:
        context |= {"refusal": refusal, "new": when_words(view, at, now)}
        return render(request, "treatments/course_change.html", context, status=refusal.status)
    except Refusal as refusal:
        query = MoveQuery({}, now=now)
        return _picker(request, view, number, side, query, now, refusal=refusal)
    context |= {
        "rows": change_rows(view, change, now),
        "count_words": count_words(change) if is_new else move_words(change),
        "token": token_of(change),
    }
    return render(request, "treatments/course_change.html", context)


def page_of(view: CourseView, number: int, side: Side, now: datetime) -> dict[str, object]:
    """Return what all pages about one session show."""
    visit = visit_of(view, number)
    return {
        "base": side.base,
        "is_staff_side": side.is_staff,
        "course": view.course,
        "number": number,
        "lacks_date": visit is None,
        "length": view.course.length,
        "course_url": side.url(view.course),
        "now_at": when_words(view, visit.starts_at, now) if visit else "",
        "with_now": visit.practitioner.name if visit else "",
        "location": view.course.location,
        "zone": formatting.zone_words(view.course.location.name),
    }


def _too_late(
    request: SignedInRequest, view: CourseView, number: int, side: Side, late: Refusal
) -> HttpResponse:
    visit = visit_of(view, number)
    if side is OWN and visit is not None:
        return redirect("appointment-ask", visit.public_id)
    messages.error(request, str(late.message))
    return redirect(side.url(view.course))


def _alone_url(request: SignedInRequest, view: CourseView, number: int, side: Side) -> str:
    visit = visit_of(view, number)
    is_desk = side.is_staff and may(request.user, RUN_DESK)
    return reverse("visit-move", args=[visit.public_id]) if is_desk and visit else ""


def _cards(found: SessionChoices, path: str, page: int) -> list[dict[str, object]]:
    kept = {"page": page} if page else {}
    return [
        {
            "label": formatting.short_day(choice.date),
            "spoken": formatting.day_and_year(choice.date),
            "note": _others_note(choice.others),
            "url": f"{path}?{urlencode({'on': choice.date.isoformat(), **kept})}#times",
            "is_chosen": choice.date == found.chosen,
        }
        for choice in found.dates
    ]


def _others_note(others: int) -> str:
    if not others:
        return _("moves nothing else")
    return ngettext("moves %(count)s other", "moves %(count)s others", others) % {"count": others}


def _times(view: CourseView, number: int, found: SessionChoices) -> list[Choice]:
    visit = visit_of(view, number)
    zone = zone_of_course(view.course)
    names = _other_names(found, visit.practitioner_id if visit else 0)
    return [
        Choice(
            value=value_of(choice.slot.starts_at),
            label=formatting.time_of_day(choice.slot.starts_at, zone),
            note=_time_note(choice.awaits_renewal, names.get(choice.slot.practitioner_id, "")),
        )
        for choice in found.times
    ]


def _time_note(awaits_renewal: bool, name: str) -> str:
    notes = [_("with %(name)s") % {"name": name}] if name else []
    notes += [_("subject to renewal")] if awaits_renewal else []
    return ", ".join(notes)


def _other_names(found: SessionChoices, but: int) -> dict[int, str]:
    people = catalogue().practitioners
    ids = {choice.slot.practitioner_id for choice in found.times} - {but}
    return {who: people[who].name for who in ids}
