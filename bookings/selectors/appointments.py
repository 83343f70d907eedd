"""Visits as their people see them."""

from datetime import datetime

from django.db.models import Q

from bookings.domain.lifecycle import OPEN, State
from bookings.models import Appointment, ChangeRequest
from bookings.models.appointments import AppointmentQuerySet
from clinic.models import Client, User

NEVER_BOOKED = (State.HELD, State.EXPIRED)


def visible_to(user: User) -> AppointmentQuerySet:
    """Return the visits that a person may see: own ones, ones they treat, or all at the desk."""
    booked = Appointment.objects.exclude(state__in=NEVER_BOOKED).with_people()
    if user.is_desk:
        return booked
    seen = Q(client__user=user)
    if user.is_practitioner:
        seen |= Q(practitioner__user=user)
    return booked.filter(seen)


def own_visits(user: User) -> AppointmentQuerySet:
    """Return the visits of the client with this login."""
    return (
        Appointment.objects.exclude(state__in=NEVER_BOOKED).with_people().filter(client__user=user)
    )


def visit_of_link(pk: int) -> Appointment | None:
    """Return the visit that a signed link names; its signature says who may ask."""
    booked = Appointment.objects.exclude(state__in=NEVER_BOOKED).with_people()
    return booked.filter(pk=pk).first()


def upcoming_visits(user: User, now: datetime) -> list[Appointment]:
    """Return the client's visits that are still to come or running, the next one first."""
    return list(own_visits(user).upcoming(now).order_by("starts_at", "pk"))


def visits_ahead(client: Client, now: datetime) -> AppointmentQuerySet:
    """Return a client's visits that are still to come or running, the next one first."""
    ahead = Appointment.objects.with_people().filter(client=client).upcoming(now)
    return ahead.order_by("starts_at", "pk")


def past_visits(user: User, now: datetime) -> AppointmentQuerySet:
    """Return the client's visits that are over or cancelled, the latest first."""
    over = ~Q(state__in=OPEN) | Q(ends_at__lte=now)
    return own_visits(user).filter(over).order_by("-starts_at", "-pk")


def open_request(appointment: Appointment) -> ChangeRequest | None:
    """Return the client's wish to move a visit that reception has not answered yet."""
    return appointment.change_requests.filter(answered_at=None).first()


def client_of(user: object) -> Client | None:
    """Return the client record of whoever looks at a page; None for visitors and others."""
    if not isinstance(user, User):
        return None
    return getattr(user, "client", None)
