"""Let somebody else treat at the same time: who could, and the move to one of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.refusals import NotBookable
from bookings.selectors.questions import SlotQuestion
from bookings.selectors.slots import FreeTime, free_times
from bookings.services.moving import keeping_start, move_appointment, move_question
from clinic.models import User
from clinic.permissions import RUN_DESK, require
from clinic.refusals import AlreadyChanged
from clinic.selectors.catalogue import Catalogue, PractitionerFacts


def stand_ins(
    visits: Iterable[Appointment], catalogue: Catalogue, now: datetime
) -> Mapping[int, Sequence[PractitionerFacts]]:
    """Return by visit's id who else is free at its very time, the best first.

    Their papers are valid on that date itself. Nobody stands in for a visit that has
    begun or that is not booked any more. One query, whatever the number of visits. Needs
    `client` and `practitioner` loaded.
    """
    asked = [(visit, question) for visit in visits if (question := _question(visit, catalogue))]
    found = free_times([question for _visit, question in asked], now)
    return {
        visit.pk: _others(visit, free)
        for (visit, _question), free in zip(asked, found, strict=True)
    }


def cover_visit(
    *,
    visit: Appointment,
    version: int,
    practitioner_id: int,
    catalogue: Catalogue,
    by: User,
    now: datetime,
) -> Appointment:
    """Move a visit to another practitioner at the same time, whatever the usual notice.

    `version` is the one that was looked at. Asking twice changes nothing the second time.
    Raises what `move_appointment` raises.
    """
    require(by, RUN_DESK)
    if visit.practitioner_id == practitioner_id:
        return visit
    if visit.version != version:
        raise AlreadyChanged
    try:
        return move_appointment(
            appointment=visit,
            starts_at=visit.starts_at,
            practitioner_id=practitioner_id,
            catalogue=catalogue,
            by=by,
            now=now,
            override_reason=_("Cover for %(name)s") % {"name": visit.practitioner.name},
        )
    except AlreadyChanged:
        # The second click of a double click waited for the first one at the lock.
        visit.refresh_from_db()
        if visit.practitioner_id == practitioner_id and visit.version == version + 1:
            return visit
        raise


def _question(visit: Appointment, catalogue: Catalogue) -> SlotQuestion | None:
    if visit.state_now is not State.BOOKED:
        return None
    try:
        question = move_question(appointment=visit, catalogue=catalogue, practitioner_id=None)
    except NotBookable:
        return None
    return replace(keeping_start(question), waives_notice=True)


def _others(visit: Appointment, free: FreeTime) -> list[PractitionerFacts]:
    question = free.question
    on = visit.starts_at.astimezone(question.location.zone).date()
    return [
        person
        for person in free.practitioners_at(visit.starts_at)
        if person.id != visit.practitioner_id
        and question.catalogue.is_firm(person.id, question.service.id, question.location.id, on)
    ]
