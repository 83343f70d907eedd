"""The steps after a time is held: who you are, the code, check, book."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bookings.domain.lifecycle import State
from bookings.forms.booking import DetailsForm
from bookings.models import Appointment
from bookings.refusals import NotQualified, SlotTaken
from bookings.selectors.appointments import client_of
from bookings.services.holding import confirm_hold, extend_hold, release_hold
from bookings.views.choosing import ANYBODY, Chosen, step_url
from bookings.views.picker import value_of
from bookings.views.presenting import change_policy, hold_notice, visit_rows, visit_when
from bookings.views.times import show_times
from bookings.views.visitor import Visitor
from bookings.views.who import email_of, is_complete, known_of, save_details, typed_in
from clinic.formatting import zone_words
from clinic.models import Client, User
from clinic.refusals import AlreadyChanged, Refusal
from clinic.selectors.catalogue import catalogue
from clinic.services.sign_in import start_code_sign_in
from clinic.views.components import Row

STEPS = {"details": "hold-details", "code": "hold-code", "check": "hold-check"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hold_details(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask who comes; somebody known goes straight on to checking."""
    visitor = Visitor(request)
    hold = visitor.hold_or_404(public_id)
    now = timezone.now()
    if request.method == "POST":
        visitor.remember(typed_in(request))
    elsewhere = way_on(request, visitor, hold)
    if elsewhere is not None:
        return elsewhere
    client = client_of(request.user)
    if request.method != "POST":
        if is_complete(client) and "change" not in request.GET:
            return redirect("hold-check", public_id)
        form = DetailsForm(
            initial=known_of(visitor, client),
            fixed_email=email_of(request),
            asks_consent=client is None,
        )
        return _details_page(request, hold, form, now)
    form = DetailsForm(request.POST, fixed_email=email_of(request), asks_consent=client is None)
    if not form.is_valid():
        return _details_page(request, hold, form, now, status=422)
    return _take_details(request, visitor, hold, form, now)


def _take_details(
    request: HttpRequest, visitor: Visitor, hold: Appointment, form: DetailsForm, now: datetime
) -> HttpResponse:
    said = form.cleaned_data
    email = email_of(request) or said["email"].lower()
    visitor.remember(
        {"name": said["name"], "email": email, "phone": str(said["phone"]), "adult": True}
    )
    if isinstance(request.user, User):
        save_details(request.user, visitor, now)
        return redirect("hold-check", hold.public_id)
    try:
        start_code_sign_in(request, email)
    except Refusal as refusal:
        form.add_error(None, str(refusal.message))
        return _details_page(request, hold, form, now, status=refusal.status)
    return redirect("hold-code", hold.public_id)


def _details_page(
    request: HttpRequest, hold: Appointment, form: DetailsForm, now: datetime, status: int = 200
) -> HttpResponse:
    return render(
        request,
        "bookings/details.html",
        {
            "form": form,
            "rows": visit_rows(hold, now, catalogue()),
            "when_words": f"{visit_when(hold, now)}, {zone_words(hold.location.name)}",
            "hold": hold_notice(hold, now, "details"),
            "fixed_email": email_of(request),
            "back_url": times_url(hold),
            "sign_in_url": _sign_in_url(request),
            "release_url": reverse("hold-release", args=[hold.public_id]),
        },
        status=status,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hold_check(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show all answers; POST books."""
    visitor = Visitor(request)
    hold = visitor.hold_or_404(public_id)
    now = timezone.now()
    client = client_of(request.user)
    if not isinstance(request.user, User) or client is None or not is_complete(client):
        return redirect("hold-details", public_id)
    if request.method != "POST":
        return way_on(request, visitor, hold) or _check_page(request, hold, client, now)
    later = visitor.current_hold()
    if hold.state_now is State.EXPIRED and later is not None:
        return redirect("hold-details", later.public_id)
    try:
        visit = confirm_hold(
            hold=hold, client=client, catalogue=catalogue(), by=request.user, now=now
        )
    except (SlotTaken, NotQualified) as refusal:
        return _lost(request, hold, client, refusal, now)
    except AlreadyChanged:
        return redirect("hold-check", public_id)
    except Refusal as refusal:
        return _check_page(request, hold, client, now, refusal=refusal)
    return redirect("appointment-booked", visit.public_id)


def _lost(
    request: HttpRequest, hold: Appointment, client: Client, refusal: Refusal, now: datetime
) -> HttpResponse:
    return show_times(
        request,
        _chosen(hold),
        client,
        now,
        refusal=refusal,
        day=_local_date(hold),
        status=refusal.status,
    )


def _check_page(
    request: HttpRequest,
    hold: Appointment,
    client: Client,
    now: datetime,
    refusal: Refusal | None = None,
) -> HttpResponse:
    return render(
        request,
        "bookings/check.html",
        {
            "visit_rows": _with_changes(hold, now),
            "person_rows": _person_rows(hold, client, email_of(request)),
            "hold": hold_notice(hold, now, "check"),
            "is_gone": hold_notice(hold, now, "check") is None,
            "policy": change_policy(hold.location),
            "location": hold.location,
            "uses_needles": hold.service.uses_needles,
            "refusal": refusal,
            "back_url": times_url(hold),
            "release_url": reverse("hold-release", args=[hold.public_id]),
        },
        status=refusal.status if refusal else 200,
    )


@require_POST
def hold_extend(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Keep the time once more; back to the step where it was asked."""
    hold = Visitor(request).hold_or_404(public_id)
    try:
        extend_hold(hold=hold, now=timezone.now())
    except AlreadyChanged:
        messages.info(
            request, _("We could not keep this time any longer. You can still try to book it.")
        )
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("We keep this time a little longer."))
    return redirect(STEPS.get(request.GET.get("to", ""), "hold-details"), public_id)


@require_POST
def hold_release(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let the time go."""
    hold = Visitor(request).hold_or_404(public_id)
    try:
        hold = release_hold(hold=hold, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
        return redirect("hold-details", public_id)
    if hold.state_now is not State.EXPIRED:
        return redirect("appointment", public_id)
    messages.success(request, _("We let that time go. Nothing is booked."))
    return redirect("home")


def way_on(request: HttpRequest, visitor: Visitor, hold: Appointment) -> HttpResponse | None:
    """Return where to go when this hold is none any more; None while it is one."""
    if hold.state_now is State.HELD:
        return None
    if hold.state_now is not State.EXPIRED:
        return redirect("appointment-booked", hold.public_id)
    later = visitor.current_hold()
    if later is not None:
        return redirect("hold-details", later.public_id)
    words = _("The time that we kept for you ran out. What you told us is kept.")
    messages.warning(request, words)
    return redirect(times_url(hold, lost=True))


def times_url(hold: Appointment, *, lost: bool = False) -> str:
    """Return the page of times with what this hold was for."""
    if lost:
        return step_url("book-times", **_query(hold), near=value_of(hold.starts_at))
    return step_url("book-times", **_query(hold), date=_local_date(hold))


def _chosen(hold: Appointment) -> Chosen:
    return Chosen.named(**_query(hold))


def _query(hold: Appointment) -> dict[str, str]:
    return {
        "service": hold.service.slug,
        "location": hold.location.slug,
        "practitioner": ANYBODY if hold.any_practitioner else hold.practitioner.slug,
    }


def _local_date(hold: Appointment) -> str:
    return hold.starts_at.astimezone(ZoneInfo(hold.location.zone)).date().isoformat()


def _sign_in_url(request: HttpRequest) -> str:
    if isinstance(request.user, User):
        return ""
    return step_url("account_login", next=request.path)


def _with_changes(hold: Appointment, now: datetime) -> list[Row]:
    query = _query(hold)
    what = step_url("book", service=query["service"], location=query["location"])
    ways = {
        str(_("What")): what,
        str(_("With")): step_url("book-practitioner", **query),
        str(_("When")): times_url(hold),
        str(_("Where")): what,
    }
    return [
        Row(row.label, row.value, row.note, ways.get(str(row.label), ""))
        for row in visit_rows(hold, now, catalogue())
    ]


def _person_rows(hold: Appointment, client: Client, email: str) -> list[Row]:
    change = reverse("hold-details", args=[hold.public_id]) + "?change=1"
    return [
        Row(_("Name"), client.name, change_url=change),
        Row(_("E-mail"), email),
        Row(_("Phone"), client.phone.as_international, change_url=change),
        Row(_("Age"), _("18 or over")),
    ]
