"""What every page behind a signed link shares: plain, without a word about treatment."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from clinic.messaging.links import ExpiredLink
from clinic.models import Location


def closed_page(
    request: HttpRequest,
    heading: str,
    words: str,
    *,
    status: int,
    location: Location | None = None,
    sign_in_url: str = "",
) -> HttpResponse:
    """Say why a link does nothing any more, and what is true now; nothing about the person."""
    context: dict[str, Any] = {
        "heading": heading,
        "words": words,
        "location": location,
        "sign_in_url": sign_in_url,
    }
    return render(request, "links/closed.html", context, status=status)


def broken_page(request: HttpRequest) -> HttpResponse:
    """Say that a link is none of ours, or not whole."""
    words = _(
        "Perhaps a part of it was cut off on the way. Please open it again from our message, "
        "or copy the whole address."
    )
    return closed_page(request, _("This link is not complete"), words, status=404)


def expired_page(request: HttpRequest, refusal: ExpiredLink) -> HttpResponse:
    """Say that the time of a link is over."""
    words = _("Links in our messages work for a while only. Sign in to see how things stand.")
    return closed_page(request, _("This link is too old"), words, status=refusal.status)


def done_page(
    request: HttpRequest,
    title: str,
    text: str,
    *,
    location: Location | None = None,
    book_url: str = "",
) -> HttpResponse:
    """Say what was just done by a link; `book_url` where another visit may be wanted."""
    context = {"title": title, "text": text, "location": location, "book_url": book_url}
    return render(request, "links/done.html", context)
