"""What a client wants to be sent: on their own page, and at the desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from clinic import formatting
from clinic.forms.messages import MessagesForm, StopMarkForm, initial_of
from clinic.models import AccessLog, Client, Consent, DeadAddress, Message
from clinic.permissions import ENTER_CLIENTS
from clinic.selectors.client_search import client_record
from clinic.selectors.consent import consent_history, dead_addresses_of
from clinic.selectors.reach import Channel, addresses_of, reach_of
from clinic.services.consent import clear_address, record_choices
from clinic.views.access import SignedInRequest, keep_look, needs, signed_in


@dataclass(frozen=True, slots=True)
class Said:
    """One yes or no of the past, in words."""

    what: str
    given: bool
    at: str
    how: str
    who: str


@dataclass(frozen=True, slots=True)
class Dead:
    """An address that gave messages back."""

    channel: str
    address: str
    shown: str
    reason: str
    since: str


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def my_messages(request: SignedInRequest) -> HttpResponse:
    """Show and change what the client with this login is sent."""
    client = Client.objects.filter(user=request.user).first()
    if client is None:
        return render(request, "clinic/my_messages.html", {"form": None, "history": ()})
    if request.method == "POST":
        return _save(request, client, Consent.Source.PREFERENCES, "my-messages")
    return _page(request, client, "clinic/my_messages.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(ENTER_CLIENTS)
def client_messages(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show and change at the desk what a client is sent, as the client says."""
    client = _client_or_404(public_id)
    keep_look(request, client, AccessLog.Kind.MESSAGES, timezone.now())
    if request.method == "POST":
        return _save(request, client, Consent.Source.DESK, "client-messages", client.public_id)
    return _page(request, client, "clinic/client_messages.html")


@never_cache
@require_POST
@needs(ENTER_CLIENTS)
def client_address_works(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Let messages go to an address again, since the client has said that it works."""
    client = _client_or_404(public_id)
    form = StopMarkForm(request.POST)
    if not form.is_valid():
        raise Http404
    channel, address = Channel(form.cleaned_data["channel"]), form.cleaned_data["address"]
    if addresses_of(client).get(channel) != address:
        raise Http404
    clear_address(channel=channel, address=address, by=request.user, now=timezone.now())
    messages.success(request, _("Messages go to this address again."))
    return redirect("client-messages", client.public_id)


def _client_or_404(public_id: UUID) -> Client:
    client = client_record(public_id)
    if client is None:
        raise Http404
    return client


def _save(
    request: SignedInRequest, client: Client, source: Consent.Source, page: str, *args: UUID
) -> HttpResponse:
    form = MessagesForm(request.POST)
    if not form.is_valid():
        raise Http404  # no answer of a tick box is wrong
    now = timezone.now()
    written = record_choices(
        client=client, wanted=form.choices(), source=source, by=request.user, now=now
    )
    saved, same = _("Saved."), _("Nothing was changed.")
    messages.success(request, saved if written else same)
    return redirect(page, *args)


def _page(request: SignedInRequest, client: Client, template: str) -> HttpResponse:
    reach = reach_of([client])[client.pk]
    own = addresses_of(client)
    phone = own.get(Channel.SMS, "")
    context = {
        "form": MessagesForm(initial=initial_of(reach)),
        "client": client,
        "client_url": reverse("client", args=[client.public_id]),
        "email": own.get(Channel.EMAIL, ""),
        "phone": formatting.phone_words(phone) if phone else "",
        "dead": [_dead(row) for row in dead_addresses_of(client)],
        "history": _history(client, request),
    }
    return render(request, template, context)


def _history(client: Client, request: SignedInRequest) -> Sequence[Said]:
    return [_said(row, request) for row in consent_history(client)]


def _said(row: Consent, request: SignedInRequest) -> Said:
    purpose, channel = row.get_purpose_display(), Message.Channel(row.channel).label
    by = row.by
    others = by is not None and by.pk != request.user.pk
    return Said(
        what=_("%(purpose)s, by %(channel)s") % {"purpose": purpose, "channel": channel},
        given=row.given,
        at=_when(row.at),
        how=row.get_source_display(),
        who=by.get_full_name() if others and by is not None and request.user.is_desk else "",
    )


def _dead(row: DeadAddress) -> Dead:
    is_phone = row.channel == Channel.SMS
    return Dead(
        channel=row.channel,
        address=row.address,
        shown=formatting.phone_words(row.address) if is_phone else row.address,
        reason=row.reason,
        since=_when(row.at),
    )


def _when(at: datetime) -> str:
    return formatting.day_and_year(at.date())
