"""Visits in words, ready for the components."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.domain.lifecycle import State
from bookings.domain.policy import MoveAnswer
from bookings.hooks import CoursePlace
from bookings.models import Appointment
from bookings.selectors.cover import awaits_renewal
from bookings.services.cancelling import is_late_cancellation
from bookings.services.moving import move_answer
from clinic import formatting
from clinic.domain.segments import client_minutes
from clinic.models import Client, Location, Purpose
from clinic.selectors.catalogue import Catalogue, LocationFacts
from clinic.selectors.reach import Channel, reach_of
from clinic.views.components import Action, Hold, Row, VisitCard

SUBJECT_TO_RENEWAL = gettext_lazy("Subject to your practitioner’s yearly renewal")
"""Said of every time and visit that lies past the expiry of a paper."""


def visit_title(visit: Appointment) -> str:
    """Return what the visit is, with its own length: "Facial follow-up, 60 minutes"."""
    minutes = formatting.minutes_words(client_minutes(visit.plan))
    return _("%(service)s, %(minutes)s") % {"service": visit.service.name, "minutes": minutes}


def visit_when(visit: Appointment, now: datetime) -> str:
    """Return the local day and time; the year where it is not this one."""
    zone = ZoneInfo(visit.location.zone)
    local = visit.starts_at.astimezone(zone)
    other_year = local.year != now.astimezone(zone).year
    return formatting.when(visit.starts_at, zone, with_year=other_year)


def visit_rows(visit: Appointment, now: datetime, facts: Catalogue) -> list[Row]:
    """Return what, with whom, when, where and the price, as labels and values."""
    return [
        Row(_("What"), visit_title(visit)),
        Row(_("With"), visit.practitioner.name, note=renewal_note(visit, now, facts)),
        Row(_("When"), visit_when(visit, now), note=formatting.zone_words(visit.location.name)),
        where_row(visit.location),
        price_row(visit),
    ]


def renewal_note(visit: Appointment, now: datetime, facts: Catalogue) -> str:
    """Return the words for a visit ahead that stands under a renewal, or nothing."""
    is_ahead = visit.state_now in {State.HELD, State.BOOKED} and now < visit.starts_at
    return str(SUBJECT_TO_RENEWAL) if is_ahead and awaits_renewal(visit, facts) else ""


def confirmation_words(client: Client) -> str:
    """Say where the confirmation of a new visit comes to; nothing if it comes nowhere."""
    return _coming_words(
        client,
        _(
            "In a few minutes a mail comes to %(address)s, with the entry for your calendar"
            " and links to move or cancel."
        ),
    )


def course_confirmation(client: Client) -> str:
    """Say where the confirmation of a new course comes to; nothing if it comes nowhere."""
    words = _("In a few minutes a mail comes to %(address)s, with all dates for your calendar.")
    return _coming_words(client, words)


def _coming_words(client: Client, mail_words: str) -> str:
    reach = reach_of([client])[client.pk]
    match reach.channels(Purpose.SERVICE)[:1]:
        case (Channel.EMAIL,):
            return mail_words % {"address": reach.addresses[Channel.EMAIL]}
        case (Channel.SMS,):
            number = formatting.phone_words(reach.addresses[Channel.SMS])
            return _("In a few minutes a text message comes to %(number)s.") % {"number": number}
        case _:
            return ""


def where_row(place: Location | LocationFacts, change_url: str = "") -> Row:
    """Return the address, with the place's name where the address does not say it."""
    note = "" if place.name in place.address else place.name
    return Row(_("Where"), place.address, note=note, change_url=change_url)


def price_row(visit: Appointment) -> Row:
    """Return the price; what costs something is paid at the clinic."""
    service = visit.service
    note = _("Paid at the clinic") if service.price_amount else ""
    price = formatting.price(service.price_amount, service.price_currency)
    return Row(_("Price"), price[:1].upper() + price[1:], note=note)


def hold_notice(hold: Appointment, now: datetime, back_to: str) -> Hold | None:
    """Return the countdown of a hold that still runs; `back_to` is the step to return to."""
    if hold.state_now is not State.HELD or hold.held_until is None or hold.held_until <= now:
        return None
    extend_url = reverse("hold-extend", args=[hold.public_id]) + f"?to={back_to}"
    return Hold(
        until_label=formatting.time_of_day(hold.held_until, ZoneInfo(hold.location.zone)),
        until_iso=_iso(hold.held_until),
        now_iso=_iso(now),
        extend_url="" if hold.hold_extended else extend_url,
    )


def visit_card(visit: Appointment, now: datetime, place: CoursePlace | None = None) -> VisitCard:
    """Return a visit for a list, with what its client can do about it."""
    return VisitCard(
        title=visit_title(visit),
        when=visit_when(visit, now),
        zone=formatting.zone_words(visit.location.name),
        who=visit.practitioner.name,
        where=visit.location.address,
        state=visit.state,
        late=visit.cancelled_late,
        url=reverse("appointment", args=[visit.public_id]),
        note=place_words(place) if place else "",
        actions=visit_actions(visit, now, place),
    )


def place_words(place: CoursePlace) -> str:
    """Say which session of a course a visit is: "Session 4 of 12"."""
    return _("Session %(number)s of %(length)s") % {"number": place.number, "length": place.of}


def course_page(place: CoursePlace, name: str) -> str:
    """Return the address at which a session of a course is changed: "move" or "cancel"."""
    return reverse(f"my-course-{name}", args=[place.course_id, place.number])


def visit_actions(
    visit: Appointment, now: datetime, place: CoursePlace | None = None
) -> Sequence[Action]:
    """Return the buttons of a visit that can still be changed; a course's know its course."""
    if visit.state_now is not State.BOOKED or now >= visit.starts_at:
        return ()
    move_url = reverse("appointment-move", args=[visit.public_id])
    cancel_url = reverse("appointment-cancel", args=[visit.public_id])
    if place is not None and place.can_change:
        move_url, cancel_url = course_page(place, "move"), course_page(place, "cancel")
    move = Action(_("Move"), move_url, "primary")
    if move_answer(visit, now) is not MoveAnswer.YES:
        ask_url = reverse("appointment-ask", args=[visit.public_id])
        move = Action(_("Ask to move"), ask_url, "primary")
    return (
        move,
        Action(_("Cancel"), cancel_url, "danger"),
    )


def change_policy(place: Location | LocationFacts) -> str:
    """Say until when a visit can be changed alone, and what is late."""
    return _(
        "You can move or cancel online until %(hours)s before. After that you can still "
        "cancel, which is marked as late, or ask us to move your visit."
    ) % {"hours": formatting.hours_words(place.late_change_hours)}


def cancel_words(visit: Appointment, now: datetime) -> str:
    """Say, before the click, whether cancelling counts as late."""
    hours = formatting.hours_words(visit.location.late_change_hours)
    if is_late_cancellation(visit, now):
        words = _("Your visit is less than %(hours)s away, so this counts as a late cancellation.")
        return words % {"hours": hours}
    if visit.changed_by_clinic:
        return _("We changed this visit, so cancelling is free and never counts as late.")
    words = _("Your visit is more than %(hours)s away, so this does not count as late.")
    return words % {"hours": hours}


def move_words(visit: Appointment) -> str:
    """Say, before the click, how often a visit can still be moved."""
    if visit.changed_by_clinic:
        return _("We changed this visit, so moving it is free and does not count.")
    left = visit.location.max_client_moves - visit.client_moves
    return ngettext(
        "You can move this visit once more.", "You can move this visit %(count)s more times.", left
    ) % {"count": left}


def why_ask(visit: Appointment, now: datetime) -> str:
    """Say why a visit can't be moved alone any more."""
    if move_answer(visit, now) is MoveAnswer.NO_MOVES_LEFT:
        return _("You have moved this visit as often as one can online.")
    hours = formatting.hours_words(visit.location.late_change_hours)
    return _("Your visit is less than %(hours)s away.") % {"hours": hours}


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
