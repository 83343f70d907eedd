"""What our answers are compared with: the least that a Django view can do here.

Both pass through the same middleware as every page of the site.
"""

from django.http import HttpRequest, HttpResponse
from django.template import engines

from bookings.models import Appointment

PAGE = engines["django"].from_string(
    "<!doctype html><html lang='en'><title>Visit {{ visit.pk }}</title>"
    "<h1>{{ visit.starts_at|date:'j F Y, H:i' }}</h1>"
    "<dl><dt>Ends</dt><dd>{{ visit.ends_at|date:'H:i' }}</dd>"
    "<dt>State</dt><dd>{{ visit.state }}</dd></dl></html>"
)


def hello(request: HttpRequest) -> HttpResponse:
    """Answer at once."""
    return HttpResponse("Hello", content_type="text/plain")


def one_query(request: HttpRequest, number: int) -> HttpResponse:
    """Read one row by its primary key and render a small template."""
    return HttpResponse(PAGE.render({"visit": Appointment.objects.get(pk=number)}))
