"""My visits: the next one first, then what follows, then the past."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookings.selectors.appointments import past_visits, upcoming_visits
from bookings.views.presenting import visit_card
from clinic.views.access import SignedInRequest, signed_in

PAST_A_PAGE = 10


@never_cache
@require_safe
@signed_in
def me(request: SignedInRequest) -> HttpResponse:
    """Show the client's visits."""
    now = timezone.now()
    cards = [visit_card(visit, now) for visit in upcoming_visits(request.user, now)]
    page = Paginator(past_visits(request.user, now), PAST_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "treatments/me.html",
        {
            "name": request.user.get_short_name() if request.user.name else "",
            "next_visit": cards[0] if cards else None,
            "upcoming": cards[1:],
            "page": page,
            "past": [visit_card(visit, now) for visit in page],
        },
    )
