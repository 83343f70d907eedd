"""One visit as staff see it: its story, and what can be done with it."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bookings.domain.lifecycle import State, is_step, may_change
from bookings.hooks import CoursePlace, course_places
from bookings.models import STATE_LABELS, Appointment, ChangeRequest, StatusChange
from bookings.selectors.cover import to_cover
from bookings.selectors.days import history_of, undoable_among, visits_seen_by
from bookings.services.by_link import BY_LINK
from bookings.services.cancelling import cancel_appointment
from bookings.services.status import (
    HistoryNotSeen,
    close_left_open,
    record_status,
    start_visit,
    undo_status,
)
from bookings.views.presenting import place_words
from clinic.formatting import minutes_words, when, zone_words
from clinic.models import AccessLog, User
from clinic.permissions import RUN_DESK, SEE_DAY, may
from clinic.refusals import Refusal
from clinic.selectors.catalogue import catalogue
from clinic.selectors.desk_notes import note_counts
from clinic.views.access import SignedInRequest, keep_look, needs
from clinic.views.components import Row, segment_bar
from clinic.views.desk_notes import notes_words
from treatments.forms.desk import (
    NOT_TREATED_REASONS,
    BeginForm,
    CancelForm,
    StatusForm,
)
from treatments.views.day import day_url
from treatments.views.rows import cautions, visit_row
from treatments.views.told import promise_words, reach_line, told_of_visit

MOVABLE = frozenset({State.BOOKED})
CANCELLABLE = frozenset(state for state in State if may_change(state, State.CANCELLED))


@needs(SEE_DAY)
def visit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show a visit with its history."""
    now = timezone.now()
    seen = seen_visit(request.user, public_id)
    is_desk = may(request.user, RUN_DESK)
    can_undo = bool(undoable_among([seen], now))
    facts = catalogue()
    place = course_places.of([seen]).get(seen.pk)
    if seen.client is not None:
        keep_look(request, seen.client, AccessLog.Kind.VISIT, now)
    return render(
        request,
        "treatments/visit.html",
        {
            "title": seen.client.name if seen.client else "",
            "when": when(seen.starts_at, zone_of(seen), with_year=True),
            "visit": seen,
            "row": visit_row(seen, now, can_undo=can_undo, by=request.user, facts=facts),
            "is_on_cover_list": is_desk and to_cover(seen, facts, now) is not None,
            "facts": facts_of(seen),
            "bar": segment_bar(seen.plan),
            "cautions": cautions(seen.client) if seen.client else [],
            "history": [_happening(change, zone_of(seen)) for change in history_of(seen)],
            "requests": _requests(seen),
            "reasons": list(enumerate(NOT_TREATED_REASONS))[1:],
            "is_desk": is_desk,
            "session_words": place_words(place) if place else "",
            "course_url": reverse("course", args=[place.course_id]) if place else "",
            "move_url": _move_url(seen, place, is_desk),
            "can_cancel": is_desk and seen.state_now in CANCELLABLE,
            "day_url": visit_day_url(seen),
            "told": told_of_visit(seen, now),
            "reach_line": reach_line(seen.client) if seen.client else None,
            "promise": promise_words(seen),
            "messages_url": _messages_url(seen) if is_desk else "",
            "notes": _notes(seen),
        },
    )


@needs(SEE_DAY)
@require_POST
def visit_status(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Record a tapped step; a second tap changes nothing."""
    now = timezone.now()
    seen = seen_visit(request.user, public_id)
    form = StatusForm(request.POST)
    if not form.is_valid():
        return _refused(request, seen, _("Choose one of the steps shown."))
    to_state = form.cleaned_data["to_state"]
    try:
        _record(seen, to_state, request.user, now, form.cleaned_data["reason"])
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    else:
        said = {"name": _name(seen), "state": STATE_LABELS[to_state]}
        messages.success(request, _("%(name)s: %(state)s.") % said)
    return _back(form.cleaned_data["back"], seen)


@needs(SEE_DAY)
@require_POST
def visit_start(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Start a visit; with needles, on the practitioner's tick."""
    seen = seen_visit(request.user, public_id)
    form = BeginForm(request.POST)
    if not form.is_valid():
        return _refused(request, seen, _("Start it from the visit's own page."))
    try:
        start_visit(
            appointment=seen,
            history_seen=form.cleaned_data["history_seen"],
            by=request.user,
            now=timezone.now(),
        )
    except HistoryNotSeen as refusal:
        return _refused(request, seen, str(refusal.message))
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    else:
        said = {"name": _name(seen), "state": STATE_LABELS[State.IN_SESSION]}
        messages.success(request, _("%(name)s: %(state)s.") % said)
    return _back(form.cleaned_data["back"], seen)


@needs(SEE_DAY)
@require_POST
def visit_undo(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Take the last tap back, for 15 minutes."""
    seen = seen_visit(request.user, public_id)
    try:
        undo_status(appointment=seen, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    else:
        said = {"name": _name(seen), "state": STATE_LABELS[seen.state_now]}
        messages.success(request, _("Undone. %(name)s: %(state)s.") % said)
    return _back(request.POST.get("back", ""), seen)


@needs(RUN_DESK)
def visit_cancel(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Ask why, then cancel; the room is free at once."""
    seen = seen_visit(request.user, public_id)
    if seen.state_now not in CANCELLABLE:
        messages.error(request, _("This visit can't be cancelled any more."))
        return redirect("visit", public_id)
    form = CancelForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            cancel_appointment(
                appointment=seen,
                by=request.user,
                now=timezone.now(),
                reason=form.cleaned_data["reason"],
            )
        except Refusal as refusal:
            messages.error(request, str(refusal.message))
            return redirect("visit", public_id)
        messages.success(request, _("%(name)s: cancelled.") % {"name": _name(seen)})
        return redirect(visit_day_url(seen))
    context = {
        "title": _("Cancel this visit"),
        "form": form,
        "visit": seen,
        "facts": facts_of(seen),
        "when": when(seen.starts_at, zone_of(seen)),
    }
    return render(request, "treatments/visit_cancel.html", context, status=status)


def seen_visit(user: User, public_id: UUID) -> Appointment:
    """Return a visit that this member of staff may see; for others there is none."""
    rows = visits_seen_by(user).exclude(state__in=[State.HELD, State.EXPIRED])
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def _record(seen: Appointment, to_state: State, by: User, now: datetime, reason: str) -> None:
    if seen.state_now is to_state or may_change(seen.state_now, to_state):
        record_status(appointment=seen, to_state=to_state, by=by, now=now, reason=reason)
    else:
        close_left_open(appointment=seen, to_state=to_state, by=by, now=now)


def _refused(request: HttpRequest, seen: Appointment, words: str) -> HttpResponse:
    url = reverse("visit", args=[seen.public_id])
    context = {"title": _("That did not work"), "words": words, "visit_url": url}
    return render(request, "treatments/visit_refused.html", context, status=422)


def visit_day_url(seen: Appointment) -> str:
    """Return the address of the day on which a visit is."""
    return day_url(seen.location.slug, seen.starts_at.astimezone(zone_of(seen)).date())


def zone_of(seen: Appointment) -> ZoneInfo:
    """Return the zone of a visit's location."""
    return ZoneInfo(seen.location.zone)


def facts_of(seen: Appointment) -> list[Row]:
    """Return what a visit is, as label and value."""
    length = (seen.ends_at - seen.starts_at) // timedelta(minutes=1)
    who = seen.practitioner.name
    return [
        Row(_("What"), seen.service.name, note=minutes_words(length)),
        Row(
            _("When"),
            when(seen.starts_at, zone_of(seen), with_year=True),
            note=zone_words(seen.location.name),
        ),
        Row(_("With"), who, note=_("Any practitioner asked for") if seen.any_practitioner else ""),
        Row(_("Where"), f"{seen.room.name}, {seen.location.name}"),
    ]


def _move_url(seen: Appointment, place: CoursePlace | None, is_desk: bool) -> str:
    if seen.state_now not in MOVABLE:
        return ""
    if place is not None and place.can_change:
        return reverse("course-move", args=[place.course_id, place.number])
    return reverse("visit-move", args=[seen.public_id]) if is_desk else ""


def _messages_url(seen: Appointment) -> str:
    return reverse("client-messages", args=[seen.client.public_id]) if seen.client else ""


def _notes(seen: Appointment) -> str:
    counts = note_counts([seen.client_id]) if seen.client_id else {}
    return notes_words(sum(counts.values()))


def _name(seen: Appointment) -> str:
    return seen.client.name if seen.client else ""


def _back(name: str, seen: Appointment) -> HttpResponseRedirect:
    if name == "visit":
        return redirect("visit", seen.public_id)
    if name == "left-open":
        return redirect("left-open")
    return redirect(f"{visit_day_url(seen)}#visit-{seen.public_id}")


def _happening(change: StatusChange, zone: ZoneInfo) -> dict[str, object]:
    return {
        "at": when(change.at, zone),
        "what": _what(change),
        "who": _who(change),
        "reason": change.reason,
    }


def _who(change: StatusChange) -> str:
    if change.by is not None:
        return change.by.get_full_name()
    return _("the client") if change.reason == str(BY_LINK) else _("by itself")


def _what(change: StatusChange) -> str:
    to_state = State(change.to_state)
    if change.from_state == change.to_state:
        return _("Moved")
    if change.from_state and not is_step(change.from_state, change.to_state):
        return _("Back to: %(state)s") % {"state": STATE_LABELS[to_state]}
    return str(STATE_LABELS[to_state])


def _requests(seen: Appointment) -> list[dict[str, object]]:
    rows = seen.change_requests.select_related("answered_by").order_by("created_at", "pk")
    return [
        {
            "wish": row.wish,
            "at": when(row.created_at, zone_of(seen)),
            "is_open": row.answered_at is None,
            "outcome": ChangeRequest.Outcome(row.outcome).label if row.outcome else "",
            "by": row.answered_by.get_full_name() if row.answered_by else "",
        }
        for row in rows
    ]
