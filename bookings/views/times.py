"""The step of dates and times: choose, and the time is held."""

from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bookings.forms.booking import TimeForm
from bookings.refusals import SlotTaken
from bookings.selectors.appointments import client_of
from bookings.selectors.questions import ClientMarks, SlotQuestion
from bookings.selectors.slots import Slot
from bookings.services.booking import VisitWish
from bookings.services.holding import place_hold
from bookings.views.choosing import Chosen, service_note, step_url
from bookings.views.picker import Reader, build_picker, next_day_with_room, with_anybody
from bookings.views.presenting import where_row
from bookings.views.visitor import Visitor
from clinic import formatting
from clinic.limits import limit
from clinic.models import Client, Service
from clinic.refusals import Refusal
from clinic.views.components import Choice, Row


@require_http_methods(["GET", "HEAD", "POST"])
def book_times(request: HttpRequest) -> HttpResponse:
    """Show dates with room and the times of one; POST holds a time."""
    chosen = Chosen.of(request)
    now = timezone.now()
    client = client_of(request.user)
    if request.method != "POST":
        return show_times(request, chosen, client, now)
    form = TimeForm(request.POST, now=now)
    if not form.is_valid():
        return show_times(request, chosen, client, now, form=form, status=422)
    return _hold(request, chosen, client, form, now)


def _hold(
    request: HttpRequest, chosen: Chosen, client: Client | None, form: TimeForm, now: datetime
) -> HttpResponse:
    visitor = Visitor(request)
    try:
        limit(request, "hold", settings.PAGE_LIMITS.get("hold"))
        limit(request, "holds", settings.PAGE_LIMITS.get("hold_in_ten_minutes"), minutes=10)
        hold = place_hold(
            wish=VisitWish(
                catalogue=chosen.catalogue,
                service=chosen.service,
                location=chosen.location,
                starts_at=form.cleaned_data["time"],
                practitioner_id=chosen.practitioner.id if chosen.practitioner else None,
            ),
            client=client,
            now=now,
            instead_of=visitor.current_hold(),
        )
    except Refusal as refusal:
        return show_times(request, chosen, client, now, refusal=refusal, status=refusal.status)
    visitor.holds_now(hold)
    return redirect("hold-details", hold.public_id)


def show_times(
    request: HttpRequest,
    chosen: Chosen,
    client: Client | None,
    now: datetime,
    *,
    form: TimeForm | None = None,
    refusal: Refusal | None = None,
    day: str = "",
    status: int = 200,
) -> HttpResponse:
    """Answer the page of times; with a refusal on top where a time could not be had.

    `day` is the date to stand on where the address names none.
    """
    question = _question(chosen, client, now)
    path = reverse("book-times")
    asked = QueryDict(urlencode({"date": day})) if day else request.GET
    reader = Reader.of(path, asked, chosen.query, question, now)
    lost: Sequence[Slot] | None = refusal.alternatives if isinstance(refusal, SlotTaken) else None
    picker = build_picker(question, reader, now, lost=lost)
    is_swap = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    template = "bookings/_slots.html" if is_swap else "bookings/times.html"
    response = render(
        request,
        template,
        {
            "picker": picker,
            "is_swap": is_swap,
            "form": form,
            "refusal": refusal,
            "rows": _rows(chosen),
            "back_url": step_url("book-practitioner", **chosen.query),
            "place": chosen.location,
            "needs_sign_in": _needs_sign_in(request, chosen),
            "ways_on": [] if picker.dates else _ways_on(chosen, question, now),
        },
        status=status,
    )
    # A swap and a page live at one address.
    response["Vary"] = "HX-Request, Cookie"
    return response


def _question(chosen: Chosen, client: Client | None, now: datetime) -> SlotQuestion:
    today = now.astimezone(chosen.location.zone).date()
    return SlotQuestion(
        catalogue=chosen.catalogue,
        service=chosen.service,
        location=chosen.location,
        first_date=today,
        end_date=today,
        practitioner_id=chosen.practitioner.id if chosen.practitioner else None,
        client=ClientMarks.of(client) if client else None,
    )


def _rows(chosen: Chosen) -> list[Row]:
    who = chosen.practitioner.name if chosen.practitioner else _("Any practitioner")
    back = chosen.query
    what_url = step_url("book", service=back["service"], location=back["location"])
    return [
        Row(_("What"), chosen.service.name, note=service_note(chosen.service), change_url=what_url),
        Row(_("With"), who, change_url=step_url("book-practitioner", **back)),
        where_row(chosen.location, what_url),
    ]


def _needs_sign_in(request: HttpRequest, chosen: Chosen) -> bool:
    is_for_returning = chosen.service.bookable_by == Service.BookableBy.RETURNING
    return is_for_returning and not request.user.is_authenticated


def _ways_on(chosen: Chosen, question: SlotQuestion, now: datetime) -> list[Choice]:
    """Return other people and places that have room, with the first date there."""
    ways = []
    if chosen.practitioner is not None:
        day = next_day_with_room(with_anybody(question), now)
        if day:
            url = step_url("book-times", **{**chosen.query, "practitioner": "any"})
            ways.append(Choice(url, _("Any practitioner"), _first_free(day)))
    for place in chosen.catalogue.locations_of(chosen.service.id, now):
        if place.id == chosen.location.id:
            continue
        there = _question(
            Chosen(chosen.catalogue, chosen.service, place, None), client=None, now=now
        )
        day = next_day_with_room(there, now)
        if day:
            query = {"service": chosen.service.slug, "location": place.slug}
            ways.append(Choice(step_url("book-times", **query), place.name, _first_free(day)))
    return ways


def _first_free(day: date) -> str:
    return _("from %(day)s") % {"day": formatting.day(day)}
