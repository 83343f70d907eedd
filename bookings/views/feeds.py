"""A private calendar, for programs that fetch it again and again."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from bookings.calendar import CONTENT_TYPE, feed_calendar
from bookings.selectors.feeds import Entry, entries_of_feed
from clinic.services.feeds import feed_of_address


@gzip_page
@require_safe
def feed(request: HttpRequest, public_id: UUID, secret: str) -> HttpResponse:
    """Answer the visits of whoever the address belongs to; unchanged ones are not written."""
    found = feed_of_address(public_id, secret)
    if found is None:
        raise Http404
    now = timezone.now()
    entries = entries_of_feed(found, now)
    etag = feed_etag(entries, now)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = _calendar(entries, now, for_staff=found.client_id is None)
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response


def _calendar(entries: Sequence[Entry], now: datetime, *, for_staff: bool) -> HttpResponse:
    body = feed_calendar(entries, now, for_staff=for_staff)
    response = HttpResponse(body, content_type=CONTENT_TYPE)
    response["Content-Disposition"] = 'inline; filename="visits.ics"'
    return response


def feed_etag(entries: Sequence[Entry], now: datetime) -> str:
    """Return the entity tag of a calendar: another one whenever its file is another one."""
    # The rules of time zones in the file begin anew each year.
    parts = (now.year, entries)
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'
