"""A practitioner of the full diary is ill for a week: 30 visits, 20 of them of courses.

All of it happens in a transaction that is rolled back.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction

from bookings.domain.lifecycle import State
from bookings.models import Appointment, Reservation
from bookings.services.booking import VisitWish, book
from clinic.domain.intervals import Interval
from clinic.domain.roster import local_instant
from clinic.selectors.catalogue import PractitionerFacts
from treatments.bench.courses import course_question
from treatments.bench.diary import Diary
from treatments.bench.rivals import Rival
from treatments.domain.wishes import Hours, Wishes
from treatments.models import Course, CoverPlan
from treatments.models.cover_steps import Count, CoverFigures
from treatments.models.values import wishes_to_json
from treatments.selectors.cover_scope import CoverScope
from treatments.services.courses import CourseWish, book_course
from treatments.services.cover_proposing import propose_steps
from treatments.services.planning import propose

ROUNDS = 3
ILL_AFTER = timedelta(weeks=3)
EMPTY_WEEKS = 7
COURSES_AT = (9, 10, 11, 13)
SINGLES_AT = (14, 15)
SESSIONS = 4


def measure(diary: Diary, rivals: Sequence[Rival], now: datetime) -> dict[str, Any]:
    """Propose cover for the week some times; return seconds, options, and both answers."""
    with transaction.atomic():
        scope = _make_week(diary, rivals, now)
        found = [propose_steps(scope, now)[1] for _round in range(ROUNDS)]
        courses = Course.objects.running().filter(client__in=[rival.client for rival in rivals])
        figures, count = found[0], courses.count()
        transaction.set_rollback(True)
    return {
        "seconds": [item.seconds for item in found],
        "visits": figures.visits,
        "of_courses": count,
        "options": figures.options,
        "simple_way": _as_dict(figures.greedy),
        "solver": _as_dict(figures.solver) if figures.solver else None,
        "is_proven": figures.is_proven,
        "proposed": _as_dict(proposed(figures)),
    }


def proposed(figures: CoverFigures) -> Count:
    """Return what the proposed answer comes to."""
    is_solver = figures.winner == "solver" and figures.solver is not None
    return figures.solver if is_solver and figures.solver else figures.greedy


def _as_dict(count: Count) -> dict[str, int]:
    return {"calls": count.calls, "moved": count.moved, "minutes": count.minutes}


def _make_week(diary: Diary, rivals: Sequence[Rival], now: datetime) -> CoverScope:
    ill = diary.people[0]
    _set_free(diary, ill)
    places = [(day, hour) for day in range(5) for hour in COURSES_AT]
    for (day, hour), rival in zip(places, rivals, strict=False):
        _book_course(diary, rival, ill, day, hour, now)
    singles = [(day, hour) for day in range(5) for hour in SINGLES_AT]
    for (day, hour), rival in zip(singles, rivals[len(places) :], strict=False):
        _book_single(diary, rival, ill, day, hour, now)
    return CoverScope(
        CoverPlan.Scope.PRACTITIONER,
        CoverPlan.Cause.ILL,
        Interval(_at(diary, 0, 0), _at(diary, 7, 0)),
        practitioner_id=ill.id,
    )


def _set_free(diary: Diary, ill: PractitionerFacts) -> None:
    """Clear the weeks around of the practitioner's other visits."""
    from_at = local_instant(diary.location.zone, diary.monday, time(0))
    until = from_at + timedelta(weeks=EMPTY_WEEKS)
    visits = Appointment.objects.filter(
        practitioner=ill.id, state=State.BOOKED, starts_at__gte=from_at, starts_at__lt=until
    )
    ids = list(visits.values_list("pk", flat=True))
    Reservation.objects.filter(appointment__in=ids).delete()
    Appointment.objects.filter(pk__in=ids).update(state=State.CANCELLED)


def _book_course(
    diary: Diary, rival: Rival, ill: PractitionerFacts, day: int, hour: int, now: datetime
) -> None:
    """Book a course one session of which falls into the week at this day and hour."""
    question = course_question(diary, rival)
    wishes = Wishes(
        only_weekdays=frozenset({day + 1}),
        only_hours=Hours(hour * 60, hour * 60 + 5),
        only_practitioner_id=ill.id,
        not_before=diary.monday + timedelta(weeks=2),
    )
    question = replace(question, figures=question.figures.with_length(SESSIONS), wishes=wishes)
    course = book_course(
        wish=CourseWish(question, tuple(propose(question=question, now=now).slots)),
        client=rival.client,
        request_id=str(uuid4()),
        by=rival.user,
        now=now,
    )
    # Whose visits may go to others and to other hours once they can't be as they are.
    open_to_all = wishes_to_json(Wishes(rather_practitioner_id=ill.id))
    Course.objects.filter(pk=course.pk).update(wishes=open_to_all)


def _book_single(
    diary: Diary, rival: Rival, ill: PractitionerFacts, day: int, hour: int, now: datetime
) -> None:
    book(
        wish=VisitWish(
            catalogue=diary.catalogue,
            service=diary.service,
            location=diary.location,
            starts_at=_at(diary, day, hour),
            practitioner_id=ill.id,
        ),
        client=rival.client,
        request_id=str(uuid4()),
        by=rival.user,
        now=now,
    )


def _at(diary: Diary, day: int, hour: int) -> datetime:
    on = diary.monday + ILL_AFTER + timedelta(days=day)
    return local_instant(diary.location.zone, on, time(hour))
