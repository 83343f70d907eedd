"""Plan and book a course of twelve sessions, in parts, and race for courses of six weeks."""

import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.db import connection

from bookings.selectors.questions import ClientMarks
from bookings.selectors.slots import free_time
from clinic.selectors.catalogue import catalogue
from treatments.bench import names, racing
from treatments.bench.diary import Diary
from treatments.bench.racing import Race
from treatments.bench.rivals import BOOKED, Rival
from treatments.bench.samples import Row
from treatments.bench.searching import bare_sql
from treatments.domain.planner import plan
from treatments.domain.wishes import Wishes
from treatments.loading_place import HOURS, PROTOCOL_PREFIX
from treatments.models import Course, Protocol
from treatments.selectors.courses import view_of
from treatments.selectors.planning import CourseQuestion, Figures, ask_for_new
from treatments.services.courses import CourseWish, PlanLost, book_course
from treatments.services.ending import stop_course
from treatments.services.planning import Proposal, propose

PROTOCOL = PROTOCOL_PREFIX + "intensive-then-settle"
RACERS = 40
RACED_SESSIONS = 6
RACED_DAYS = 6 * 7
TRIES = 8
"""How often a racer plans; each time somebody else may have won a slot meanwhile."""


def course_question(diary: Diary, rival: Rival | None = None) -> CourseQuestion:
    """Ask for twelve sessions with anybody, as far as the place can be booked."""
    protocol = Protocol.objects.prefetch_related("phases").get(slug=PROTOCOL)
    return CourseQuestion(
        catalogue=diary.catalogue,
        figures=Figures.of(protocol),
        location=diary.location,
        wishes=Wishes(not_before=diary.monday),
        client=ClientMarks.of(rival.client) if rival else None,
    )


def may_book_courses(rivals: Sequence[Rival]) -> None:
    """Let clients book courses online: their addresses are verified ones."""
    for rival in rivals:
        EmailAddress.objects.get_or_create(
            user=rival.user, email=rival.user.email, defaults={"verified": True, "primary": True}
        )


def time_planning(diary: Diary, now: datetime, repeats: int) -> list[Row]:
    """Plan in turn with the bare SQL of it: the whole, and loading and search apart."""
    question = course_question(diary)
    sql = bare_sql(partial(_plan_once, question, now))
    times: dict[str, list[float]] = {
        name: [] for name in (names.PLAN_SQL, names.PLAN, names.PLAN_LOADING, names.PLAN_SEARCH)
    }
    for _ in range(repeats):
        began = time.perf_counter()
        sql()
        planned = time.perf_counter()
        _plan_once(question, now)
        loading = time.perf_counter()
        asked = ask_for_new(question, now)
        searching = time.perf_counter()
        plan(asked.problem)
        ended = time.perf_counter()
        times[names.PLAN_SQL].append(planned - began)
        times[names.PLAN].append(loading - planned)
        times[names.PLAN_LOADING].append(searching - loading)
        times[names.PLAN_SEARCH].append(ended - searching)
    return [Row.of(name, taken) for name, taken in times.items()]


def planning_mb(diary: Diary, now: datetime) -> float:
    """Return what planning allocates at its peak; it takes many times as long then."""
    question = course_question(diary)
    _plan_once(question, now)
    tracemalloc.start()
    try:
        _plan_once(question, now)
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def count_queries(diary: Diary, rival: Rival, now: datetime) -> dict[str, int]:
    """Count the statements of planning and of booking; begin and commit come on top."""
    question = course_question(diary, rival)
    with _counted() as planned:
        proposal = _plan_once(question, now)
    with _counted() as booked:
        _book(proposal, rival, now)
    _stop([rival], now)
    return {names.PLAN: len(planned), names.BOOK_COURSE: len(booked)}


def time_booking(diary: Diary, rivals: Sequence[Rival], now: datetime) -> Row:
    """Plan a course for each client and book it, one after the other; booking is timed."""
    times = []
    for rival in rivals:
        proposal = propose(question=course_question(diary, rival), now=now)
        began = time.perf_counter()
        _book(proposal, rival, now)
        times.append(time.perf_counter() - began)
    _stop(rivals, now)
    return Row.of(names.BOOK_COURSE, times)


def race_for_courses(diary: Diary, rivals: Sequence[Rival], now: datetime) -> Race:
    """Let forty clients plan and book over the same six weeks at once; then clean up."""
    race = racing.race_at_service(
        [
            partial(_plan_and_book, _six_weeks(diary, rival, number), rival, now)
            for number, rival in enumerate(rivals[:RACERS])
        ],
        won=BOOKED,
        warm_up=partial(_warm_up, diary, now),
    )
    partial_courses = sum(not _is_whole(course) for course in _courses(rivals))
    if partial_courses:
        race.outcomes[names.PARTIAL] = partial_courses
    _stop(rivals[:RACERS], now)
    return race


def _plan_once(question: CourseQuestion, now: datetime) -> Proposal:
    catalogue()
    return propose(question=question, now=now)


def _six_weeks(diary: Diary, rival: Rival, number: int) -> CourseQuestion:
    """Ask for six weeks with an hour, a weekday and a practitioner in mind."""
    question = course_question(diary, rival)
    wishes = Wishes(
        rather_weekdays=frozenset({1 + number % 5}),
        around_minute=(HOURS.start + number % len(HOURS)) * 60,
        rather_practitioner_id=diary.people[number % len(diary.people)].id,
        not_before=diary.monday,
        ready_by=diary.monday + timedelta(days=RACED_DAYS - 1),
    )
    return replace(question, figures=question.figures.with_length(RACED_SESSIONS), wishes=wishes)


def _plan_and_book(question: CourseQuestion, rival: Rival, now: datetime) -> None:
    proposal = propose(question=question, now=now)
    for tries_left in reversed(range(TRIES)):
        try:
            _book(proposal, rival, now)
        except PlanLost as refusal:
            if not tries_left:
                raise
            proposal = refusal.proposal
        else:
            return


def _book(proposal: Proposal, rival: Rival, now: datetime) -> None:
    book_course(
        wish=CourseWish(proposal.question, tuple(proposal.slots)),
        client=rival.client,
        request_id=str(uuid4()),
        by=rival.user,
        now=now,
    )


def _stop(rivals: Sequence[Rival], now: datetime) -> None:
    users = {rival.client.pk: rival.user for rival in rivals}
    for course in _courses(rivals):
        stop_course(view=view_of(course), by=users[course.client_id], now=now)


def _courses(rivals: Sequence[Rival]) -> list[Course]:
    clients = [rival.client.pk for rival in rivals]
    return list(Course.objects.running().with_people().filter(client__in=clients).order_by("pk"))


def _is_whole(course: Course) -> bool:
    return all(item.is_booked for item in view_of(course).sessions)


def _warm_up(diary: Diary, now: datetime) -> None:
    free_time(diary.window(diary.monday, days=1), now)


@contextmanager
def _counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def count(execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, *rest)

    with connection.execute_wrapper(count):
        yield statements
