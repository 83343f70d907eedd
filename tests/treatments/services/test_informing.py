"""The day's list at seven, and cover that is needed newly: once each, and to whom it concerns."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Appointment, TimeOff
from clinic.domain.credentials import Result
from clinic.models import Message, MessageRule
from clinic.selectors.catalogue import catalogue
from tests.bookings.test_cover import make_copies
from tests.factories.bookings import book_visit
from tests.factories.clinic import (
    NOW,
    TODAY,
    at,
    make_client,
    make_location,
    make_practitioner,
    make_room,
    make_small_clinic,
)
from tests.factories.credentials import check, make_type, verified
from tests.support.covering import make_plan, offered
from tests.support.telling import answer
from treatments import tasks
from treatments.models import CoverOffer
from treatments.selectors.day_lists import visits_at_places, visits_of_people
from treatments.services.informing import write_cover_needed, write_day_lists

pytestmark = pytest.mark.django_db

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
SEVEN = at(TODAY, 7)
SUNDAYS = (date(2027, 3, 14), date(2027, 11, 7))
"""The clocks of New York change on these."""


@pytest.fixture
def clinic():
    return make_small_clinic()


def visit_at(clinic, hour: int = 10, on: date = TODAY, now=NOW, client=None) -> Appointment:
    visit = book_visit(
        client or clinic.alice, clinic.follow_up, clinic.location, at(on, hour), now=now
    )
    Message.objects.all().delete()
    return visit


def lists() -> list[tuple[str, date]]:
    rows = Message.objects.filter(kind="day_list").order_by("pk")
    return [(row.user.name, date.fromordinal(row.about_version)) for row in rows]


def test_day_list_is_written_at_seven_once(clinic) -> None:
    visit_at(clinic, now=NOW - DAY)

    counts = [write_day_lists(now=SEVEN + n * MINUTE) for n in (-1, 0, 1)]

    row = Message.objects.get()
    assert counts == [0, 1, 0]
    assert (row.user, row.channel, row.due_at) == (clinic.chen.user, "email", SEVEN)
    assert lists() == [("Chen Li", TODAY)]


def test_day_without_visits_has_no_list(clinic) -> None:
    visit_at(clinic, on=TODAY + DAY)
    cancelled = visit_at(clinic)
    Appointment.objects.filter(pk=cancelled.pk).update(state="cancelled")

    assert write_day_lists(now=SEVEN) == 0


def test_day_list_that_was_missed_is_written_until_noon(clinic) -> None:
    visit_at(clinic, 15)

    assert write_day_lists(now=at(TODAY, 12) + MINUTE) == 0
    assert write_day_lists(now=at(TODAY, 12)) == 1


def test_day_list_is_skipped_when_it_is_sent_too_late(clinic) -> None:
    visit_at(clinic, 15)
    write_day_lists(now=SEVEN)
    row = Message.objects.get()

    assert answer(row, at(TODAY, 12)).about.count == 1
    assert answer(row, at(TODAY, 12) + MINUTE).reason == "Too late to be of use."


def test_day_list_is_dropped_when_the_day_became_empty(clinic) -> None:
    visit = visit_at(clinic)
    write_day_lists(now=SEVEN)
    Appointment.objects.filter(pk=visit.pk).update(state="cancelled")

    reason = answer(Message.objects.get(), SEVEN).reason

    assert reason == "There are no visits on that day any more."


@pytest.mark.parametrize("sunday", SUNDAYS)
def test_day_list_comes_at_seven_by_the_clock_when_the_clocks_change(sunday, clinic) -> None:
    visit = visit_at(clinic)
    Appointment.objects.filter(pk=visit.pk).update(starts_at=at(sunday, 10), ends_at=at(sunday, 11))
    seven = at(sunday, 7)

    counts = [write_day_lists(now=seven + n * MINUTE) for n in (-1, 0)]

    assert counts == [0, 1]


def test_seven_is_that_of_each_place(clinic) -> None:
    london = make_location("london", "Europe/London")
    ella = make_practitioner("Ella Other", services=[clinic.follow_up], location=london)
    make_room(london, "Attic", [clinic.follow_up])
    visit_at(clinic)
    nine = at(TODAY, 5)  # ten in London
    book_visit(clinic.bea, clinic.follow_up, london, nine, now=NOW - 3 * DAY)
    Message.objects.all().delete()

    write_day_lists(now=at(TODAY, 2))
    first = lists()
    write_day_lists(now=SEVEN)

    assert first == [(ella.name, TODAY)]
    assert lists() == [(ella.name, TODAY), ("Chen Li", TODAY)]


def test_rule_that_is_switched_off_writes_no_list(clinic) -> None:
    visit_at(clinic)
    MessageRule.objects.filter(name="day-list").update(is_active=False)

    assert write_day_lists(now=SEVEN) == 0


def test_day_lists_take_the_same_queries_for_any_number(clinic) -> None:
    clinic.dora.services.set([clinic.follow_up])
    visit_at(clinic)
    with CaptureQueriesContext(connection) as one:
        write_day_lists(now=SEVEN)
    Message.objects.all().delete()
    visit_at(clinic, client=clinic.bea)
    visit_at(clinic, 14, client=make_client("Cleo Other"))
    with CaptureQueriesContext(connection) as two:
        write_day_lists(now=SEVEN)

    assert (len(one), len(two)) == (8, 8)


def test_day_among_a_hundred_thousand_visits_is_found_by_an_index(clinic) -> None:
    visit_at(clinic)
    make_copies(100_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE bookings_appointment")

    for ask in (
        lambda: visits_at_places({TODAY}, [clinic.location.pk]),
        lambda: visits_of_people({TODAY}, [clinic.chen.pk]),
    ):
        with CaptureQueriesContext(connection) as made:
            ask()
        plan = explained(made[0]["sql"])
        assert "Seq Scan on bookings_appointment" not in plan
        assert "appointment_" in plan


def explained(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(line for (line,) in cursor.fetchall())


def in_need(clinic, *hours: int) -> list[Appointment]:
    """Visits next week whose practitioner loses the paper that they need."""
    licence = make_type(required_by=[clinic.follow_up])
    paper = verified(licence, clinic.chen, by=clinic.mia)
    clients = (clinic.alice, clinic.bea)
    visits = [
        visit_at(clinic, hour, TODAY + 8 * DAY, client=client)
        for hour, client in zip(hours, clients, strict=False)
    ]
    check(paper, Result.REVOKED, by=clinic.mia)
    return visits


def test_desk_is_told_of_visits_that_need_cover_in_one_mail_each(clinic) -> None:
    visits = in_need(clinic, 10, 12)

    counts = [write_cover_needed(now=NOW), write_cover_needed(now=NOW + MINUTE)]

    rows = Message.objects.order_by("user__name")
    assert counts == [2, 0]
    assert [row.user for row in rows] == [clinic.mia, clinic.rosa]
    assert rows[0].details == {"visits": sorted(f"{visit.pk}:0" for visit in visits)}
    assert rows[0].due_at == NOW


def test_desk_is_told_only_of_what_is_new(clinic) -> None:
    [known] = in_need(clinic, 10)
    write_cover_needed(now=NOW)
    new = visit_at_despite(clinic, known)

    write_cover_needed(now=NOW + MINUTE)

    newest = Message.objects.order_by("pk").last()
    assert newest.details == {"visits": [f"{new.pk}:0"]}
    assert Message.objects.count() == 4


def test_visit_with_an_offered_time_is_told_to_the_desk_once_the_offer_ends(clinic) -> None:
    visit = visit_at(clinic, 10, TODAY + 8 * DAY)
    step = offered(visit, make_plan(clinic), clinic, at(TODAY + 9 * DAY, 10))
    TimeOff.objects.create(
        kind="away",
        practitioner=clinic.chen,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
    )

    while_it_waits = write_cover_needed(now=NOW)
    CoverOffer.objects.filter(pk=step.offer.pk).update(state="expired", answered_at=NOW)

    assert (while_it_waits, write_cover_needed(now=NOW + MINUTE)) == (0, 1)


def visit_at_despite(clinic, known: Appointment) -> Appointment:
    """Copy a visit to the next day: nobody can book it now."""
    new = Appointment.objects.get(pk=known.pk)
    new.pk, new.public_id = None, "8a0bb0d4-31c6-4f3c-9a35-9d1f1c3e7a55"
    new.starts_at, new.ends_at = known.starts_at + DAY, known.ends_at + DAY
    new.save(force_insert=True)
    return new


def test_cover_that_is_settled_before_it_is_told_is_dropped(clinic) -> None:
    [visit] = in_need(clinic, 10)
    write_cover_needed(now=NOW)
    Appointment.objects.filter(pk=visit.pk).update(state="cancelled")

    reason = answer(Message.objects.first(), NOW).reason

    assert reason == "The visits need no cover any more."


def test_nothing_to_cover_writes_nothing(clinic) -> None:
    visit_at(clinic)

    assert write_cover_needed(now=NOW) == 0
    assert not Message.objects.exists()


def test_cover_takes_the_same_queries_for_any_number(clinic) -> None:
    in_need(clinic, 10)
    catalogue()
    with CaptureQueriesContext(connection) as one:
        write_cover_needed(now=NOW)
    visit_at_despite(clinic, Appointment.objects.get())
    Message.objects.all().delete()
    with CaptureQueriesContext(connection) as two:
        write_cover_needed(now=NOW)

    assert (len(one), len(two)) == (10, 10)


def test_tasks_may_run_twice(clinic) -> None:
    visit_at(clinic)
    in_need(clinic, 12)

    with time_machine.travel(SEVEN, tick=False):
        days = [tasks.write_day_lists(), tasks.write_day_lists()]
        cover = [tasks.write_cover_needed(), tasks.write_cover_needed()]

    assert (days[1], cover[1]) == (0, 0)
    assert (days[0], cover[0]) == (1, 2)
