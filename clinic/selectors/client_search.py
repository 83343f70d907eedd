"""Find clients by what the desk knows of them."""

import uuid

from django.apps import apps
from django.db.models import Q, QuerySet

from clinic.models import Client, User

FEWEST_DIGITS = 3
"""Fewer digits than this are no phone number yet."""

NO_VISIT_YET = ("held", "expired")
"""What somebody holds, or held, without having booked it."""


def live_clients() -> QuerySet[Client]:
    """Return the records that go on: not those that were merged into another."""
    return Client.objects.filter(merged_into=None)


def find_clients(words: str) -> QuerySet[Client]:
    """Return the clients whose name or e-mail holds every word, or whose phone the digits.

    By name; all of them for an empty search. "212 555" and "(212) 555-0100" find phones.
    """
    found = live_clients().order_by("name", "pk")
    text = words.strip()
    if not text:
        return found
    matches = Q()
    for word in text.split():
        matches &= Q(name__icontains=word) | Q(email__icontains=word)
    digits = "".join(sign for sign in text if sign in "0123456789").lstrip("0")
    if len(digits) >= FEWEST_DIGITS and not any(sign.isalpha() for sign in text):
        matches |= Q(phone__contains=digits)
    return found.filter(matches)


def find_clients_seen_by(user: User, words: str) -> QuerySet[Client]:
    """Return those of them that somebody may see: the desk all, others whom they treat."""
    found = find_clients(words)
    if user.is_desk:
        return found
    # By name: the visits are a table of the app above.
    visits = apps.get_model("bookings", "Appointment").objects.filter(practitioner__user=user)
    return found.filter(pk__in=visits.exclude(state__in=NO_VISIT_YET).values("client"))


def client_record(public_id: uuid.UUID) -> Client | None:
    """Return a client's record; for one that was merged, the one that goes on."""
    client = Client.objects.select_related("merged_into", "user").filter(public_id=public_id)
    record = client.first()
    while record is not None and record.merged_into is not None:
        record = record.merged_into
    return record


def same_email(client: Client) -> QuerySet[Client]:
    """Return other live records with a client's e-mail address."""
    if not client.email:
        return Client.objects.none()
    others = live_clients().filter(email__iexact=client.email).exclude(pk=client.pk)
    return others.order_by("name", "pk")
