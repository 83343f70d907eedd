"""The address of every signed link: read it, and hand it to the page of its act."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.refusals import SlotTaken
from bookings.views.link_moving import move
from bookings.views.links import cancel, promise
from clinic.formatting import zone_words
from clinic.limits import TooManyRequests, limit
from clinic.messaging.links import Act, BrokenLink, ExpiredLink, Link, read
from clinic.models import Location
from clinic.refusals import AlreadyChanged, Refusal
from clinic.selectors.catalogue import catalogue
from clinic.views.links import broken_page, closed_page, done_page, expired_page
from clinic.views.stopping import stop
from treatments.domain.maintenance import MaintenanceState
from treatments.models import Repair
from treatments.selectors.maintenance import maintenance_view, running_maintenance
from treatments.selectors.repairs import repairs_with_people
from treatments.services.accepting import accept_repair_by_link
from treatments.services.repairs import is_answerable
from treatments.views.maintenance import offers_of
from treatments.views.offer_links import offer
from treatments.views.repair_words import change_rows_of, kept_words, names_in


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a link is for; POST does it. Programs that open links change nothing."""
    now = timezone.now()
    try:
        return _open(request, token, now)
    except BrokenLink:
        return broken_page(request)
    except ExpiredLink as refusal:
        return expired_page(request, refusal)
    except TooManyRequests as refusal:
        heading = _("One moment, please")
        response = closed_page(request, heading, str(refusal.message), status=refusal.status)
        response["Retry-After"] = str(refusal.retry_after)
        return response


def _open(request: HttpRequest, token: str, now: datetime) -> HttpResponse:
    # Many people share an address, and programs there open all that comes in: a good link is
    # counted by itself, and only those that are none are counted together.
    most = settings.PAGE_LIMITS.get("link")
    try:
        found = read(token, now)
    except BrokenLink:
        limit(request, "link", most)
        raise
    limit(request, f"link-{found.act}-{found.about_id}", most)
    return PAGES[found.act](request, found, now)


def repair(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Show the new dates that are kept; POST takes them."""
    row = repairs_with_people().filter(pk=link.about_id).first()
    if row is None:
        return broken_page(request)
    if row.state == Repair.State.ACCEPTED:
        words = _("The new time is booked. There is nothing more to do.")
        return _closed_repair(request, row, _("We know already"), words)
    if not is_answerable(row, now) or row.course_version != link.version:
        return _gone_repair(request, row)
    if request.method != "POST":
        return _repair_page(request, row, now)
    try:
        accept_repair_by_link(repair=row, now=now)
    except (AlreadyChanged, SlotTaken):
        return _gone_repair(request, row)
    except Refusal as refusal:
        return _repair_page(request, row, now, refusal=refusal)
    words = _("There is nothing more to do. Sign in to see all your visits.")
    return done_page(request, _("It is booked"), words, location=row.course.location)


def recall(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Show good times for a next visit; choosing one holds it, on the pages of booking."""
    row = running_maintenance().filter(pk=link.about_id).first()
    if row is None:
        words = _("We do not remind you of visits any more. You can always book one.")
        return closed_page(request, _("This message is out of date"), words, status=410)
    view = maintenance_view(row, now)
    # A recall may go out before the page of maintenance itself offers anything.
    if view.state in (MaintenanceState.BOOKED, MaintenanceState.PAUSED):
        words = _("You have a next visit, or none is due now. Sign in to see how it stands.")
        return _closed(request, row.location, _("There is nothing to do"), words)
    context = {
        "title": _("Your next visit"),
        "lede": _("Hello %(name)s, these times may suit you.") % {"name": row.client.first_name},
        "location": row.location,
        "zone": zone_words(row.location.name),
        "offers": [],
        "times_url": "",
        **offers_of(view, catalogue(), now),
    }
    return render(request, "links/recall.html", context)


PAGES: Mapping[Act, Callable[[HttpRequest, Link, datetime], HttpResponse]] = {
    Act.PROMISE: promise,
    Act.MOVE: move,
    Act.CANCEL: cancel,
    Act.STOP: stop,
    Act.REPAIR: repair,
    Act.RECALL: recall,
    Act.OFFER: offer,
}


def _repair_page(
    request: HttpRequest, row: Repair, now: datetime, refusal: Refusal | None = None
) -> HttpResponse:
    course = row.course
    changes = change_rows_of(row, names_in([row]), now)
    context = {
        "title": _("A new time for you"),
        "lede": _("Hello %(name)s, we suggest this instead of the visit that did not take place.")
        % {"name": course.client.first_name},
        "rows": changes,
        "kept_until": kept_words(row, now),
        "location": course.location,
        "zone": zone_words(course.location.name),
        "own_url": reverse("my-repair", args=[row.public_id]),
        "refusal": refusal,
    }
    return render(request, "links/repair.html", context, status=refusal.status if refusal else 200)


def _gone_repair(request: HttpRequest, row: Repair) -> HttpResponse:
    words = _(
        "We keep this time no longer, or your visits were changed since. "
        "Sign in to see how they stand, or call us."
    )
    return _closed_repair(request, row, _("This message is out of date"), words)


def _closed_repair(request: HttpRequest, row: Repair, heading: str, words: str) -> HttpResponse:
    url = reverse("my-repair", args=[row.public_id])
    return _closed(request, row.course.location, heading, words, url)


def _closed(
    request: HttpRequest, place: Location, heading: str, words: str, url: str = ""
) -> HttpResponse:
    return closed_page(request, heading, words, status=409, location=place, sign_in_url=url)
