"""Slot searches in this process, each beside the bare SQL that it is made of."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import cycle
from typing import Any

from django.db import connection

from bookings.selectors.questions import SlotQuestion
from bookings.selectors.slots import FreeTime, free_time
from clinic.selectors.catalogue import catalogue
from treatments.bench.diary import Diary
from treatments.bench.samples import Row

Act = Callable[[], object]


def day_questions(diary: Diary) -> list[SlotQuestion]:
    """Return one question for each practitioner, on different days."""
    days = cycle(diary.days())
    return [diary.one_day(person, day) for person, day in zip(diary.people, days, strict=False)]


def clinic_questions(diary: Diary) -> list[SlotQuestion]:
    """Return the question of everybody's fortnight, from different days on."""
    return [diary.window(day) for day in diary.days()[:5]]


def searches(questions: Sequence[SlotQuestion], now: datetime) -> list[Act]:
    """Return the searches of some questions."""
    return [partial(search, question, now) for question in questions]


def free_times(questions: Sequence[SlotQuestion], now: datetime) -> list[Act]:
    """Return the searches of some questions, less the look at the catalogue's version."""
    return [partial(free_time, question, now) for question in questions]


def search(question: SlotQuestion, now: datetime) -> FreeTime:
    """Search as a request does: is the catalogue still the same, then what is free."""
    catalogue()
    return free_time(question, now)


def bare_sql(act: Act) -> Act:
    """Return the statements of an act, recorded once, for the driver's own cursor.

    All rows are fetched and nothing is done with them.
    """
    act()  # if the catalogue is not known yet, it is read now
    recorded: list[tuple[str, Any]] = []

    def record(execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
        recorded.append((sql, params))
        return execute(sql, params, *rest)

    with connection.execute_wrapper(record):
        act()

    def run() -> None:
        with connection.connection.cursor() as cursor:
            for sql, params in recorded:
                cursor.execute(sql, params)
                cursor.fetchall()

    return run


def interleaved(acts: Mapping[str, Sequence[Act]], repeats: int) -> list[Row]:
    """Time several kinds of acts in turn, so that a slow moment of the machine meets all."""
    times: dict[str, list[float]] = {name: [] for name in acts}
    for step in range(repeats):
        for name, kinds in acts.items():
            act = kinds[step % len(kinds)]
            began = time.perf_counter()
            act()
            times[name].append(time.perf_counter() - began)
    return [Row.of(name, taken) for name, taken in times.items()]
