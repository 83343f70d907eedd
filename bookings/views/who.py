"""Who comes: what a visitor said of themselves, and what is known of a client."""

from datetime import datetime

from django.http import HttpRequest

from bookings.forms.booking import DetailsForm
from bookings.views.visitor import Typed, Visitor
from clinic.models import Client, Consent, User
from clinic.services.clients import ClientDetails, client_of_login
from clinic.services.consent import record_choices

FIELD_KEPT = 300
"""No more of a field than this is kept in the session."""


def is_complete(client: Client | None) -> bool:
    """Tell whether all that a booking needs is known of a client."""
    return (
        client is not None
        and bool(client.name and client.phone)
        and client.adult_declared_at is not None
    )


def save_details(user: User, visitor: Visitor, now: datetime) -> None:
    """Put what was typed on the client's record; the record is claimed or made.

    What does not make sense (the form was sent once more, emptied, before the code) is
    left out: the next step asks for it.
    """
    form = DetailsForm(dict(visitor.typed), fixed_email=user.email)
    details = None
    if form.is_valid():
        said = form.cleaned_data
        details = ClientDetails(name=said["name"], email=user.email, phone=str(said["phone"]))
    client = client_of_login(user=user, details=details, is_adult=details is not None, now=now)
    if client is not None and details is not None:
        record_choices(
            client=client,
            wanted=form.consents(),
            source=Consent.Source.BOOKING,
            by=user,
            now=now,
        )


def typed_in(request: HttpRequest) -> Typed:
    """Return what a form of details brought, right or wrong."""
    said = {name: request.POST.get(name, "")[:FIELD_KEPT] for name in ("name", "email", "phone")}
    return {
        "name": said["name"],
        "email": said["email"],
        "phone": said["phone"],
        "adult": "adult" in request.POST,
        "texts": "texts" in request.POST,
        "recall": "recall" in request.POST,
    }


def known_of(visitor: Visitor, client: Client | None) -> dict[str, object]:
    """Return what a form of details starts with."""
    if client is None:
        return dict(visitor.typed)
    return {
        "name": client.name,
        "phone": client.phone,
        "adult": client.adult_declared_at is not None,
    }


def email_of(request: HttpRequest) -> str:
    """Return the address of whoever is signed in, else nothing."""
    return request.user.email if isinstance(request.user, User) else ""
