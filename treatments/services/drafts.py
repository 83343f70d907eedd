"""Plans that are not booked yet as JSON, for a session to keep or a token to carry."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment
from bookings.selectors.questions import ClientMarks
from clinic.refusals import AlreadyChanged
from clinic.selectors.catalogue import Catalogue, LocationFacts
from treatments.domain.starts import Candidate
from treatments.models import Protocol
from treatments.models.values import wishes_from_json, wishes_to_json
from treatments.selectors.planning import CourseQuestion, Figures, candidate_at


class DraftGone(AlreadyChanged):
    """What a plan was made of is no longer offered: the course, the place, the first visit."""

    message = _("What we offer has changed since this plan was made. Please plan again.")


def draft_to_json(question: CourseQuestion, slots: Sequence[Candidate] = ()) -> dict[str, Any]:
    """Return a question and its proposed slots as JSON; who it is for is not part of it."""
    wishes, first = question.wishes, question.first_visit
    return {
        "protocol": question.figures.protocol_id,
        "length": question.figures.length,
        "location": question.location.slug,
        "wishes": wishes_to_json(wishes),
        "ready_by": _iso(wishes.ready_by),
        "event_date": _iso(question.event_date),
        "first_visit": str(first.public_id) if first else None,
        "done_before": question.done_before,
        "last_done_date": _iso(question.last_done_date),
        "slots": [[slot.starts_at.isoformat(), slot.practitioner_id] for slot in slots],
    }


def draft_from_json(
    draft: Mapping[str, Any], catalogue: Catalogue, client: ClientMarks | None
) -> tuple[CourseQuestion, tuple[Candidate, ...]]:
    """Return the question and the slots of a draft, with the protocol's figures of today.

    Two queries, one more with a first visit. Raises `DraftGone` when the protocol, the
    location or one of its services is no longer offered, or the first visit not this
    client's or in a course by now.
    """
    protocol = Protocol.objects.filter(pk=draft["protocol"], is_active=True).first()
    place = catalogue.location(draft["location"])
    if protocol is None or place is None or not _is_offered(protocol, catalogue):
        raise DraftGone
    question = CourseQuestion(
        catalogue=catalogue,
        figures=Figures.of(protocol, draft["length"]),
        location=place,
        wishes=wishes_from_json(draft["wishes"], ready_by=_date(draft["ready_by"])),
        client=client,
        event_date=_date(draft["event_date"]),
        first_visit=_first_visit(draft["first_visit"], client),
        done_before=draft["done_before"],
        last_done_date=_date(draft["last_done_date"]),
    )
    return question, tuple(_slot(place, *pair) for pair in draft["slots"])


def _is_offered(protocol: Protocol, catalogue: Catalogue) -> bool:
    needed = (protocol.first_service_id, protocol.follow_up_service_id)
    return all(service_id in catalogue.services for service_id in needed)


def _first_visit(public_id: str | None, client: ClientMarks | None) -> Appointment | None:
    if public_id is None:
        return None
    visits = Appointment.objects.with_people().filter(public_id=public_id)
    resource_id = client.resource_id if client else None
    visit = visits.filter(client__resource=resource_id, session_visit=None).first()
    if visit is None:
        raise DraftGone
    return visit


def _slot(place: LocationFacts, starts_at: str, practitioner_id: int) -> Candidate:
    return candidate_at(place, datetime.fromisoformat(starts_at), practitioner_id)


def _iso(on: date | None) -> str | None:
    return on.isoformat() if on else None


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
