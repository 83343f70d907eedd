"""What is left to do until a practitioner, or anything at a location, can be booked: in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.domain.credentials import Standing
from clinic.models import Location, Practitioner
from clinic.selectors.catalogue import Catalogue, catalogue
from clinic.selectors.credentials import Waits
from clinic.selectors.paper_holders import HeldOf, Holder, held_of, key_of, types_in_use
from clinic.selectors.readiness import (
    PaperLack,
    PlaceReadiness,
    not_yet_bookable,
    places_not_yet_bookable,
    readiness_of,
    readiness_of_location,
)

COUNTING = (Standing.VERIFIED, Standing.RENEWAL_PENDING)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that has to be there; `url` leads to where it is done."""

    is_done: bool
    words: str
    url: str = ""
    link: str = ""


def practitioner_steps(person: Practitioner, now: datetime) -> list[Step]:
    """Return what somebody has and lacks before visits can be booked, in order of doing."""
    facts = catalogue()
    known = facts.practitioners.get(person.pk)
    if known is None:
        return [Step(False, _("Takes no bookings: tick “Takes bookings” to begin."))]
    found = readiness_of(facts, known, now)
    hours = reverse("hours-of", args=[person.public_id])
    steps = [_services(found.services)]
    if found.places:
        names = ", ".join(place.location.name for place in found.places)
        steps.append(Step(True, _("Has hours in %(places)s.") % {"places": names}))
    else:
        steps.append(Step(False, _("Has no hours yet."), hours, _("Enter the hours")))
    for place in found.places if found.services else ():
        steps.append(_bookable(place))
        steps += _rooms(place)
    lacking = dict.fromkeys(lack for place in found.places for lack in place.papers)
    return steps + list(_papers(person, tuple(lacking), facts, now))


def location_steps(place: Location, now: datetime) -> list[Step]:
    """Return what a location has and lacks before visits can be booked, in order of doing."""
    facts = catalogue()
    known = facts.locations.get(place.pk)
    if known is None:
        return [Step(False, _("Closed for booking: tick “Open for booking” to begin."))]
    found = readiness_of_location(facts, known, now)
    new_room = f"{reverse('admin:clinic_room_add')}?{urlencode({'location': place.pk})}"
    rooms, people = (
        ", ".join(one.name for one in found.rooms),
        ", ".join(one.name for one in found.practitioners),
    )
    return [
        Step(True, _("Rooms: %(names)s.") % {"names": rooms})
        if rooms
        else Step(False, _("Has no room yet."), new_room, _("Add a room")),
        Step(True, _("Who works here: %(names)s.") % {"names": people})
        if people
        else Step(False, _("Nobody has hours here yet."), reverse("hours"), _("Enter hours")),
        Step(
            bool(found.bookable),
            _("%(count)s of %(all)s services can be booked here.")
            % {"count": found.bookable, "all": found.services},
        ),
        *_papers_of_place(place, facts, now),
    ]


def not_ready() -> list[tuple[str, str]]:
    """Return where and of whom nothing can be booked: the words, and the page that says why."""
    facts, now = catalogue(), timezone.now()
    places = [
        (
            _("Nothing can be booked in %(name)s at present.") % {"name": place.name},
            reverse("admin:clinic_location_change", args=[place.id]),
        )
        for place in places_not_yet_bookable(facts, now)
    ]
    people = [
        (
            _("%(name)s can't be booked at present.") % {"name": person.name},
            reverse("admin:clinic_practitioner_change", args=[person.id]),
        )
        for person in not_yet_bookable(facts, now)
    ]
    return places + people


def shown(steps: Sequence[Step]) -> SafeString:
    """Return the steps as a list."""
    return mark_safe(render_to_string("admin/clinic/readiness.html", {"steps": steps}))  # noqa: S308


def _services(count: int) -> Step:
    if not count:
        return Step(False, _("Offers no treatment yet: tick some below."))
    words = ngettext("Offers %(count)s treatment.", "Offers %(count)s treatments.", count)
    return Step(True, words % {"count": count})


def _bookable(place: PlaceReadiness) -> Step:
    words = _("%(place)s: %(count)s of %(all)s treatments can be booked.")
    said = {"place": place.location.name, "count": place.bookable, "all": place.offered}
    return Step(bool(place.bookable), words % said)


def _rooms(place: PlaceReadiness) -> Iterator[Step]:
    if place.without_room:
        query = urlencode({"location__id__exact": place.location.id})
        yield Step(
            False,
            _("%(place)s: no room serves %(services)s.")
            % {"place": place.location.name, "services": ", ".join(place.without_room)},
            f"{reverse('admin:clinic_room_changelist')}?{query}",
            _("Look at the rooms"),
        )


def _papers(
    person: Practitioner, lacking: Sequence[PaperLack], facts: Catalogue, now: datetime
) -> Iterator[Step]:
    mine = {lack.type_id for lack in lacking if not lack.is_of_location}
    for row in held_of(person, types_in_use(), facts, now) if mine else ():
        if row.type.pk in mine:
            yield _paper(person, row)
    if any(lack.is_of_location for lack in lacking):
        yield Step(
            False,
            _("A paper of the location itself is missing or counts no more."),
            reverse("admin:clinic_location_changelist"),
            _("Look at the locations"),
        )


def _papers_of_place(place: Location, facts: Catalogue, now: datetime) -> Iterator[Step]:
    for row in held_of(place, types_in_use(), facts, now):
        if row.is_required and (row.tells is None or row.tells.standing not in COUNTING):
            yield _paper(place, row)


def _paper(holder: Holder, row: HeldOf) -> Step:
    if row.tells is not None and row.tells.waits is Waits.VERIFIER:
        url = reverse("verification-paper", args=[row.tells.row.public_id])
        words = _("%(paper)s waits to be verified.")
        return Step(False, words % {"paper": row.type.name}, url, _("Verify it"))
    query = urlencode({"holder": key_of(holder), "type": row.type.slug})
    url, link = f"{reverse('papers-enter')}?{query}", _("Enter it")
    words = _("%(paper)s is missing.") if row.tells is None else _("%(paper)s does not count.")
    return Step(False, words % {"paper": row.type.name}, url, link)
