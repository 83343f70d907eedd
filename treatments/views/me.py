"""My visits: running courses and the next visit first, then what follows, then the past."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookings.hooks import course_places
from bookings.selectors.appointments import past_visits, upcoming_visits
from bookings.views.presenting import visit_card
from clinic.views.access import SignedInRequest, signed_in
from treatments.selectors.courses import own_courses, views_of
from treatments.selectors.repairs import own_waiting_repair
from treatments.views.course_sides import OWN
from treatments.views.course_words import course_card
from treatments.views.maintenance import card_of
from treatments.views.offer_words import offer_notes

PAST_A_PAGE = 10
COURSES_SHOWN = 10


@never_cache
@require_safe
@signed_in
def me(request: SignedInRequest) -> HttpResponse:
    """Show the client's courses and visits."""
    now = timezone.now()
    upcoming = upcoming_visits(request.user, now)
    page = Paginator(past_visits(request.user, now), PAST_A_PAGE).get_page(request.GET.get("page"))
    places = course_places.of([*upcoming, *page])
    cards = [visit_card(visit, now, places.get(visit.pk)) for visit in upcoming]
    courses = views_of(own_courses(request.user)[:COURSES_SHOWN])
    return render(
        request,
        "treatments/me.html",
        {
            "name": request.user.get_short_name() if request.user.name else "",
            "courses": [course_card(view, OWN, now) for view in courses if view.is_running],
            "ended": [course_card(view, OWN, now) for view in courses if not view.is_running],
            "repair": own_waiting_repair(request.user, now),
            "offers": offer_notes(request.user, now),
            "maintenance": card_of(request.user, now),
            "next_visit": cards[0] if cards else None,
            "upcoming": cards[1:],
            "page": page,
            "past": [visit_card(visit, now, places.get(visit.pk)) for visit in page],
        },
    )
