"""Maintenance in words, for its client and for the desk."""

from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic import formatting
from treatments.domain.maintenance import MaintenanceState
from treatments.selectors.maintenance import MaintenanceView
from treatments.views.course_words import visit_words


@dataclass(frozen=True, slots=True)
class MaintenanceCard:
    """Where a client's maintenance stands, for _maintenance_card.html and its own page."""

    title: str
    note: str
    every: str
    state: str
    is_due: bool
    is_paused: bool
    url: str


@dataclass(frozen=True, slots=True)
class MaintenanceRow:
    """A client in maintenance at the desk, for maintenance.html."""

    id: str
    client: str
    client_url: str
    phone: object
    state: str
    every: str
    due: str
    last: str
    book_url: str
    change_url: str


def maintenance_card(view: MaintenanceView, now: datetime, *, is_staff: bool) -> MaintenanceCard:
    """Return where maintenance stands; `now` tells which year goes without saying."""
    page = [view.row.public_id] if is_staff else []
    name = "maintenance-edit" if is_staff else "my-maintenance"
    return MaintenanceCard(
        title=_title(view, now),
        note=_note(view, now),
        every=every_words(view.row.interval_weeks),
        state=view.state.value,
        is_due=view.is_due,
        is_paused=view.row.paused_until is not None and view.row.paused_until > view.today,
        url=reverse(name, args=page),
    )


def maintenance_row(view: MaintenanceView, now: datetime) -> MaintenanceRow:
    """Return a client in maintenance for the list of the desk."""
    row = view.row
    return MaintenanceRow(
        id=str(row.public_id),
        client=row.client.name,
        client_url=reverse("client", args=[row.client.public_id]),
        phone=row.client.phone,
        state=view.state.value,
        every=every_words(row.interval_weeks),
        due=day_words(view.due_date, now),
        last=day_words(view.last_date, now),
        book_url=book_url(view),
        change_url=reverse("maintenance-edit", args=[row.public_id]),
    )


def book_url(view: MaintenanceView) -> str:
    """Return the page where the desk books the visit, with all that is known filled in."""
    row = view.row
    query = {
        "client": str(row.client.public_id),
        "service": row.service.slug,
        "location": row.location.slug,
        "date": max(view.due_date, view.today).isoformat(),
    }
    if row.practitioner is not None:
        query["practitioner"] = str(row.practitioner.public_id)
    return reverse("day-book", query=query)


def every_words(weeks: int) -> str:
    """Say how often: "every 12 weeks"."""
    return ngettext("every %(count)s week", "every %(count)s weeks", weeks) % {"count": weeks}


def day_words(on: date, now: datetime) -> str:
    """Return a local date with the day's name; the year where it is not this one."""
    return formatting.day(on) if on.year == now.year else formatting.day_and_year(on)


def _title(view: MaintenanceView, now: datetime) -> str:
    on = {"on": day_words(view.due_date, now)}
    if view.state is MaintenanceState.BOOKED and view.next_visit is not None:
        return _("Booked: %(visit)s") % {"visit": visit_words(view.next_visit, now)}
    if view.state is MaintenanceState.PAUSED and view.row.paused_until is not None:
        return _("Paused until %(on)s") % {"on": day_words(view.row.paused_until, now)}
    if view.due_date == view.today:
        return _("Due today")
    if view.due_date < view.today:
        return _("Due since %(on)s") % on
    return _("Next around %(on)s") % on


def _note(view: MaintenanceView, now: datetime) -> str:
    last = {"on": day_words(view.last_date, now)}
    return _("The last visit was on %(on)s.") % last
