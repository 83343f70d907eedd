"""One visit as staff see it: its story, and what can be done with it."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.domain.lifecycle import State, may_change
from bookings.domain.runs import Run
from bookings.hooks import CoursePlace, course_places
from bookings.models import Appointment, ChangeRequest
from bookings.selectors.cover_needed import reasons_of
from bookings.selectors.days import undoable_among, visits_seen_by
from bookings.selectors.running import runs_of
from bookings.services.cancelling import cancel_appointment
from bookings.views.presenting import place_words
from clinic.formatting import minutes_words, when, zone_words
from clinic.models import AccessLog, User
from clinic.permissions import CLOSE_FOR_ABSENT, RUN_DESK, SEE_DAY, may
from clinic.refusals import Refusal
from clinic.selectors.catalogue import catalogue
from clinic.selectors.desk_notes import note_counts
from clinic.views.access import SignedInRequest, keep_look, needs
from clinic.views.components import Row, segment_bar
from clinic.views.desk_notes import notes_words
from treatments.forms.desk import CancelForm
from treatments.selectors.cover_plans import open_offers_of
from treatments.views.cover_words import cover_words
from treatments.views.day import day_url
from treatments.views.offer_words import offer_card
from treatments.views.retention import timers_of
from treatments.views.rows import cautions, visit_row
from treatments.views.steps import Failure, lesser_of, needs_count, step_of
from treatments.views.story import story
from treatments.views.told import promise_words, reach_line, told_of_visit

MOVABLE = frozenset({State.BOOKED})
CANCELLABLE = frozenset(state for state in State if may_change(state, State.CANCELLED))


@needs(SEE_DAY)
def visit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show a visit with its history."""
    return visit_page(request, seen_visit(request.user, public_id), timezone.now())


def visit_page(
    request: SignedInRequest, seen: Appointment, now: datetime, failure: Failure | None = None
) -> HttpResponse:
    """Return the page of a visit; 422 and what was typed where a step was refused."""
    is_desk = may(request.user, RUN_DESK)
    can_undo = bool(undoable_among([seen], now))
    run = runs_of([seen])[0]
    facts = catalogue()
    why = reasons_of([seen], facts, now).get(seen.pk)
    offer = open_offers_of([seen.pk], now).get(seen.pk)
    place = course_places.of([seen]).get(seen.pk)
    keep_visit(request, seen, now)
    return render(
        request,
        "treatments/visit.html",
        {
            "title": seen.client.name if seen.client else "",
            "when": when(seen.starts_at, zone_of(seen), with_year=True),
            "visit": seen,
            "row": visit_row(seen, now, can_undo=can_undo, by=request.user, facts=facts, run=run),
            "step": step_of(seen, run, request.user, now, failure),
            "more": lesser_of(seen, run, request.user, now, can_undo=can_undo),
            "timers": timers_of([seen], {run.id: run}, request.user, now),
            "clock": now.isoformat(),
            "why_cover": cover_words(why, seen) if why else "",
            "offer": offer_card(offer, now) if offer else None,
            "facts": facts_of(seen),
            "bar": segment_bar(seen.plan),
            "cautions": cautions(seen.client) if seen.client else [],
            "history": story(seen, zone_of(seen), request.user),
            "requests": _requests(seen),
            "is_desk": is_desk,
            "session_words": place_words(place) if place else "",
            "course_url": reverse("course", args=[place.course_id]) if place else "",
            "move_url": _move_url(seen, place),
            "can_stand_in": may_stand_in(request.user, seen, run),
            "can_cancel": is_desk and seen.state_now in CANCELLABLE,
            "day_url": visit_day_url(seen),
            "told": told_of_visit(seen, now),
            "reach_line": reach_line(seen.client) if seen.client else None,
            "promise": promise_words(seen),
            "messages_url": _messages_url(seen) if is_desk else "",
            "notes": _notes(seen),
        },
        status=200 if failure is None else 422,
    )


@needs(RUN_DESK)
def visit_cancel(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Ask why, then cancel; the room is free at once."""
    seen = seen_visit(request.user, public_id)
    if seen.state_now not in CANCELLABLE:
        messages.error(request, _("This visit can't be cancelled any more."))
        return redirect("visit", public_id)
    keep_visit(request, seen, timezone.now())
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


def may_stand_in(user: User, seen: Appointment, run: Run) -> bool:
    """Tell whether somebody may close a visit that waits for its practitioner to count."""
    return needs_count(seen, run) and may(user, CLOSE_FOR_ABSENT, seen)


def seen_visit(user: User, public_id: UUID) -> Appointment:
    """Return a visit that this member of staff may see; for others there is none."""
    rows = visits_seen_by(user).exclude(state__in=[State.HELD, State.EXPIRED])
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def keep_visit(request: SignedInRequest, seen: Appointment, now: datetime) -> None:
    """Have it written down that a page shows this visit of a client."""
    if seen.client is not None:
        keep_look(request, seen.client, AccessLog.Kind.VISIT, now)


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


def _move_url(seen: Appointment, place: CoursePlace | None) -> str:
    if seen.state_now not in MOVABLE:
        return ""
    if place is not None and place.can_change:
        return reverse("course-move", args=[place.course_id, place.number])
    return reverse("visit-move", args=[seen.public_id])


def _messages_url(seen: Appointment) -> str:
    return reverse("client-messages", args=[seen.client.public_id]) if seen.client else ""


def _notes(seen: Appointment) -> str:
    counts = note_counts([seen.client_id]) if seen.client_id else {}
    return notes_words(sum(counts.values()))


def _name(seen: Appointment) -> str:
    return seen.client.name if seen.client else ""


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
