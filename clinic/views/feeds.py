"""Pages on which clients and practitioners get their private calendar address."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clinic.formatting import day_and_year
from clinic.models import Client, Practitioner
from clinic.permissions import SEE_OWN_PAPERS
from clinic.selectors.feeds import feed_of
from clinic.services.feeds import feed_url, renew_feed, subscribe_url
from clinic.views.access import SignedInRequest, needs, signed_in


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def my_feed(request: SignedInRequest) -> HttpResponse:
    """Show the client's calendar address; POST makes a new one."""
    client = Client.objects.filter(user=request.user).first()
    if client is None:
        return redirect("me")
    return _answer(request, client, "my-feed", "clinic/my_feed.html", reverse("me"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(SEE_OWN_PAPERS)
def day_feed(request: SignedInRequest) -> HttpResponse:
    """Show the practitioner's calendar address; POST makes a new one."""
    person = Practitioner.objects.filter(user=request.user).first()
    if person is None:
        raise Http404
    return _answer(request, person, "day-feed", "clinic/day_feed.html", reverse("day"))


def _answer(
    request: SignedInRequest, owner: Client | Practitioner, page: str, template: str, back_url: str
) -> HttpResponse:
    if request.method == "POST":
        renew_feed(owner=owner, by=request.user, now=timezone.now())
        messages.success(request, _("Here is your new address. An earlier one is worth nothing."))
        return redirect(page)
    feed = feed_of(owner)
    context = {
        "title": _("Your visits in your calendar"),
        "back_url": back_url,
        "feed_url": feed_url(feed) if feed else "",
        "subscribe_url": subscribe_url(feed) if feed else "",
        "made_on": day_and_year(feed.renewed_at.date()) if feed else "",
    }
    return render(request, template, context)
