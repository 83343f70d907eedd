"""Stop messages by a link in one of them: a page with one button, or a mail program's POST."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from clinic.limits import TooManyRequests, limit
from clinic.messaging.links import Act, BrokenLink, ExpiredLink, Link, read
from clinic.models import Client, Message, Purpose
from clinic.selectors.reach import Channel, reach_of
from clinic.services.consent import stop_by_link
from clinic.views.links import broken_page, closed_page, done_page


def stop(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Say what is stopped; POST stops it."""
    client = client_of_link(link)
    purpose, channel = link.stops
    if client is None:
        return broken_page(request)
    if not reach_of([client])[client.pk].may(purpose, channel):
        words = _("We send you none of these. To get them again, sign in and choose what we send.")
        return closed_page(request, _("These messages are stopped"), words, status=409)
    if request.method != "POST":
        words = stop_words(purpose, channel)
        return render(request, "links/stop.html", {"words": words, "title": _("Stop messages?")})
    stop_by_link(client=client, choice=(purpose, channel), now=now)
    words = _("You get no more of them. To change your mind, sign in and choose what we send.")
    return done_page(request, _("These messages are stopped"), words)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop_at_once(request: HttpRequest, token: str) -> HttpResponse:
    """Stop by the POST of a mail program (RFC 8058), which brings no cookie; GET shows the page.

    The signed token is the proof, so there is nothing that another site could make a
    browser do here which it could not do itself.
    """
    if request.method != "POST":
        return redirect("link", token)
    now = timezone.now()
    try:
        link = read(token, now)
        client, choice = client_of_link(link), link.stops
        if link.act is not Act.STOP or client is None:
            raise BrokenLink
        stop_by_link(client=client, choice=choice, now=now)
    except ExpiredLink as refusal:
        return HttpResponse(status=refusal.status)
    except BrokenLink as refusal:
        return HttpResponse(status=_counted(request) or refusal.status)
    return HttpResponse(status=200)


def _counted(request: HttpRequest) -> int | None:
    # Good links are not counted: a large provider's servers share an address.
    try:
        limit(request, "link", settings.PAGE_LIMITS.get("link"))
    except TooManyRequests as refusal:
        return refusal.status
    return None


def client_of_link(link: Link) -> Client | None:
    """Return the client of a stop link, or of the record that theirs was merged into."""
    client = Client.objects.select_related("merged_into").filter(pk=link.about_id).first()
    while client is not None and client.merged_into is not None:
        client = client.merged_into
    return client


def stop_words(purpose: Purpose, channel: Channel) -> str:
    """Say what will not be sent any more, and what stays."""
    by = Message.Channel(channel).label
    if purpose == Purpose.RECALL:
        words = _("We then send you no more reminders by %(by)s that a next visit would be due.")
        stays = _("Messages about visits that you have booked still come.")
    else:
        words = _("We then send you nothing more by %(by)s about your visits.")
        stays = _("If we have to change a visit, we call you.")
    return f"{words % {'by': by}} {stays}"
