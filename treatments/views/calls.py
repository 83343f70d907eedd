"""The call list: whom reception calls, and who was spoken to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.selectors.calls import open_calls, past_calls
from clinic.formatting import when
from clinic.forms.message_log import SpokenForm
from clinic.messaging.registry import Described
from clinic.models import CallEntry
from clinic.permissions import RUN_DESK
from clinic.refusals import Refusal
from clinic.services.calls import settle_call
from clinic.views.access import SignedInRequest, needs
from clinic.views.components import Text
from clinic.views.message_rows import Key, described
from treatments.views.desk import page_of

SOON = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call to make, for calls.html."""

    id: str
    client: str
    client_url: str
    phone: object
    place: str
    reason: Text
    about: str
    about_url: str
    until: str
    is_soon: bool
    form: SpokenForm


@dataclass(frozen=True, slots=True)
class PastCallRow:
    """A call that left the list, for calls.html."""

    client: str
    client_url: str
    reason: Text
    about: str
    about_url: str
    outcome: str
    is_missed: bool
    note: str


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(RUN_DESK)
def calls(request: SignedInRequest) -> HttpResponse:
    """List the calls to make, the most pressing first; POST ticks one off."""
    now = timezone.now()
    if request.method == "POST":
        return _settle(request, now)
    return _page(request, now)


def _page(request: SignedInRequest, now: datetime, refused: SpokenForm | None = None) -> Any:
    page = page_of(open_calls(now), request)
    past = past_calls(now)
    abouts = described([*page, *past])
    context = {
        "title": _("Calls"),
        "form": refused or SpokenForm(),
        "page": page,
        "rows": [_row(call, _about(call, abouts), now, refused) for call in page],
        "past": [_past_row(call, _about(call, abouts)) for call in past],
    }
    return render(request, "treatments/calls.html", context, status=422 if refused else 200)


def _settle(request: SignedInRequest, now: datetime) -> HttpResponse:
    form = SpokenForm(request.POST)
    is_valid = form.is_valid()
    if "call" in form.errors:
        raise Http404
    call = CallEntry.objects.select_related("client").filter(public_id=form.cleaned_data["call"])
    found = call.first()
    if found is None:
        raise Http404
    if not is_valid:
        return _page(request, now, form)
    said = {"name": found.client.name}
    try:
        settle_call(call=found, note=form.cleaned_data["note"], by=request.user, now=now)
    except Refusal as refusal:
        messages.info(request, str(refusal.message))
    else:
        messages.success(request, _("%(name)s is spoken to.") % said)
    return redirect("calls")


def _about(call: CallEntry, abouts: dict[Key, Described]) -> Described:
    return abouts.get((call.about, call.about_id), Described("", ""))


def _row(call: Any, about: Described, now: datetime, refused: SpokenForm | None) -> CallRow:
    zone = ZoneInfo(call.location.zone)
    is_refused = refused is not None and refused.cleaned_data["call"] == call.public_id
    return CallRow(
        id=str(call.public_id),
        client=call.client.name,
        client_url=reverse("client", args=[call.client.public_id]),
        phone=call.client.phone,
        place=call.location.name,
        reason=CallEntry.Reason(call.reason).label,
        about=about.words,
        about_url=about.url,
        until=_("before %(when)s") % {"when": when(call.until, zone)} if call.until else "",
        is_soon=call.until is not None and call.until - now <= SOON,
        form=refused if is_refused and refused else SpokenForm(auto_id=f"%s-{call.pk}"),
    )


def _past_row(call: Any, about: Described) -> PastCallRow:
    return PastCallRow(
        client=call.client.name,
        client_url=reverse("client", args=[call.client.public_id]),
        reason=CallEntry.Reason(call.reason).label,
        about=about.words,
        about_url=about.url,
        outcome=_outcome(call),
        is_missed=call.settled_at is None,
        note=call.note if call.settled_by else "",
    )


def _outcome(call: CallEntry) -> str:
    if call.settled_at is None:
        return _("Nobody has ticked it in time.")
    at = when(call.settled_at, ZoneInfo(call.location.zone))
    if call.settled_by is not None:
        said = {"name": call.settled_by.get_full_name(), "when": at}
        return _("Spoken to by %(name)s, %(when)s.") % said
    return _("Not needed since %(when)s: %(note)s") % {"when": at, "note": call.note}
