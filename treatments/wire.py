"""Courses, plans and wishes as the JSON API writes them, and the tokens that carry them."""

from dataclasses import asdict
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.core import signing
from django.utils.translation import gettext as _

from bookings.wire import instant_text
from clinic.problems import invalid
from clinic.selectors.catalogue import Catalogue
from treatments.domain.diagnosis import Diagnosis
from treatments.domain.wishes import Hours, Wishes
from treatments.selectors.courses import CourseView, SessionView
from treatments.selectors.protocols import CourseOffer
from treatments.services.change_tokens import token_of
from treatments.services.changing import CourseChange
from treatments.services.drafts import draft_to_json
from treatments.services.planning import Proposal

PLANS_LAST_SECONDS = 24 * 3600
PLAN_SALT = "treatments.course-plan"


def protocol_json(offer: CourseOffer, snapshot: Catalogue) -> dict[str, Any]:
    """Return a protocol that is offered."""
    protocol = offer.protocol
    # A maintenance service that is switched off is not in the catalogue.
    known = snapshot.services.get(protocol.maintenance_service_id)
    return {
        "slug": protocol.slug,
        "name": protocol.name,
        "sessions": protocol.sessions,
        "gaps": [asdict(rule) for rule in offer.figures.rules],
        "first_service": offer.first.slug,
        "follow_up_service": offer.follow_up.slug,
        "maintenance_service": (known or protocol.maintenance_service).slug,
    }


def plan_json(proposal: Proposal) -> dict[str, Any]:
    """Return a plan with the token that books it."""
    question = proposal.question
    people, zone = question.catalogue.practitioners, question.location.zone
    draft = draft_to_json(question, proposal.slots)
    return {
        "plan": signing.dumps(draft, salt=PLAN_SALT, compress=True),
        "cost": proposal.plan.cost,
        "sessions": [
            {
                "number": item.number + proposal.offset,
                "starts_at": instant_text(item.candidate.starts_at, zone),
                "practitioner": str(people[item.candidate.practitioner_id].public_id),
                "gap_days": item.gap_days,
                "bends": [{"kind": bend.kind, "amount": bend.amount} for bend in item.bends],
            }
            for item in proposal.plan.sessions
        ],
    }


def diagnosis_json(diagnosis: Diagnosis, snapshot: Catalogue) -> dict[str, Any]:
    """Return why there is no plan, and what would help."""
    return {
        "reasons": [
            {"kind": item.kind, "session": item.session_number, "date": _date(item.date)}
            for item in diagnosis.reasons
        ],
        "relaxations": [
            {
                "gives_up": list(item.kinds),
                "wishes": wishes_json(item.wishes, snapshot),
                "finish": _date(item.finish_date),
            }
            for item in diagnosis.relaxations
        ],
    }


def wishes_json(wishes: Wishes, snapshot: Catalogue) -> dict[str, Any]:
    """Return wishes in the shape of a request, to be put in its place."""
    who = wishes.only_practitioner_id or wishes.rather_practitioner_id
    return {
        "practitioner": str(snapshot.practitioners[who].public_id) if who else None,
        "only": {
            **_days_and_hours(wishes.only_weekdays, wishes.only_hours),
            "practitioner": wishes.only_practitioner_id is not None,
        },
        "prefer": {
            **_days_and_hours(wishes.rather_weekdays, wishes.rather_hours),
            "around": _clock(wishes.around_minute),
        },
        "not_before": _date(wishes.not_before),
        "ready_by": _date(wishes.ready_by),
    }


def course_json(view: CourseView) -> dict[str, Any]:
    """Return a course with its sessions. Needs its people and protocol loaded."""
    course = view.course
    return {
        "id": str(course.public_id),
        "protocol": course.protocol.slug,
        "location": course.location.slug,
        "practitioner": str(course.practitioner.public_id) if course.practitioner else None,
        "state": view.state,
        "version": course.version,
        "done": view.progress.done,
        "of": course.length,
        "ready_by": _date(course.ready_by),
        "sessions": [_session(item) for item in view.sessions],
    }


def preview_json(change: CourseChange, view: CourseView, snapshot: Catalogue) -> dict[str, Any]:
    """Return what a change would do, with the token that does it."""
    zone, people = ZoneInfo(view.course.location.zone), snapshot.practitioners
    return {
        "token": token_of(change),
        "dates_changed": change.dates_changed,
        "changes": [
            {
                "number": item.number,
                "from": instant_text(item.old_starts_at, zone) if item.old_starts_at else None,
                "to": instant_text(item.starts_at, zone) if item.starts_at else None,
                "practitioner": (
                    str(people[item.practitioner_id].public_id) if item.practitioner_id else None
                ),
            }
            for item in change.sessions
        ],
    }


def plan_of_token(token: str) -> dict[str, Any]:
    """Return the draft in a plan's token, or refuse."""
    try:
        draft: dict[str, Any] = signing.loads(token, salt=PLAN_SALT, max_age=PLANS_LAST_SECONDS)
    except signing.BadSignature as error:
        raise invalid("plan", _("This plan is not valid any more. Please plan again.")) from error
    return draft


def _session(item: SessionView) -> dict[str, Any]:
    visit = item.visit if item.is_booked or item.is_done else None
    return {
        "number": item.number,
        "state": item.state,
        "date": _date(item.date),
        "gap_days": item.gap_days,
        "appointment": str(visit.public_id) if visit else None,
        "starts_at": instant_text(visit.starts_at, visit.location_zone) if visit else None,
        "practitioner": str(visit.practitioner.public_id) if visit else None,
    }


def _days_and_hours(weekdays: frozenset[int], hours: Hours | None) -> dict[str, Any]:
    return {
        "weekdays": sorted(weekdays),
        "from": _clock(hours.from_minute) if hours else None,
        "to": _clock(hours.to_minute) if hours else None,
    }


def _clock(minute: int | None) -> str | None:
    return None if minute is None else f"{minute // 60:02}:{minute % 60:02}"


def _date(on: date | None) -> str | None:
    return on.isoformat() if on else None
