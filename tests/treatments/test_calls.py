"""The call list: whom to call first, the tick that is kept, and calls that are of no use now."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.messages.kinds import VISIT
from bookings.models import Appointment
from bookings.selectors.calls import ABOUT_VISIT, open_calls
from clinic.models import CallEntry
from clinic.refusals import NotAllowed
from clinic.services.calls import CallSettled, settle_call
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_client, make_small_clinic
from tests.support.desk import signed_in, words

pytestmark = pytest.mark.django_db

MONDAY, TUESDAY = date(2027, 6, 7), date(2027, 6, 8)
HOUR = timedelta(hours=1)
Reason = CallEntry.Reason


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def clinic():
    return make_small_clinic()


def visit_of(clinic, client, day=TUESDAY, hour: int = 9) -> Appointment:
    return book_visit(client, clinic.follow_up, clinic.location, at(day, hour))


def call_about(visit: Appointment, reason=Reason.CHANGED_SOON, **fields) -> CallEntry:
    fields = {"call_by": visit.starts_at, "created_at": NOW, **fields}
    return CallEntry.objects.create(
        dedupe_key=f"{reason}:visit:{visit.pk}",
        client=visit.client,
        location=visit.location,
        reason=reason,
        about="visit",
        about_id=visit.pk,
        **fields,
    )


def call_list(user):
    return signed_in(user).get(reverse("calls"))


def tick(user, call, note: str = ""):
    sent = {"call": call.public_id, "note": note}
    return signed_in(user).post(reverse("calls"), sent, follow=True)


def names(answer) -> list[str]:
    return [row.client for row in answer.context["rows"]]


def test_calls_and_messages_name_visits_alike():
    assert ABOUT_VISIT == VISIT


def test_list_says_whom_why_by_when_and_about_what(clinic):
    call_about(visit_of(clinic, clinic.alice))

    answer = call_list(clinic.rosa)

    page = words(answer)
    assert "The clinic changed a visit that is soon Tuesday 8 June, 9am with Chen Li" in page
    assert "before Tuesday 8 June, 9am" in page
    assert 'href="tel:+12125550111"' in answer.content.decode()


def test_most_pressing_call_stands_first(clinic):
    cara = make_client("Cara Cole", login=False)
    call_about(visit_of(clinic, clinic.bea, hour=14))
    call_about(visit_of(clinic, clinic.alice, hour=9), Reason.UNDELIVERED, call_by=None)
    CallEntry.objects.create(
        dedupe_key="overdue",
        client=cara,
        location=clinic.location,
        reason=Reason.OVERDUE,
        about="course",
        about_id=1,
        created_at=NOW - HOUR,
    )

    answer = call_list(clinic.rosa)

    assert names(answer) == ["Alice Arden", "Bea Brook", "Cara Cole"]


@pytest.mark.parametrize("call_by", ["start", None])
def test_call_leaves_the_list_when_its_visit_starts(clinic, clock, call_by):
    visit = visit_of(clinic, clinic.alice, MONDAY, 9)
    call = call_about(visit, call_by=visit.starts_at if call_by else None)
    before = names(call_list(clinic.rosa))
    clock.move_to(visit.starts_at)

    answer = call_list(clinic.rosa)

    call.refresh_from_db()
    assert (before, names(answer), call.settled_at) == (["Alice Arden"], [], None)
    assert "Nobody has ticked it in time." in words(answer)


def test_tick_keeps_who_when_and_the_note(clinic):
    call = call_about(visit_of(clinic, clinic.alice))

    answer = tick(clinic.rosa, call, "Comes at ten instead")

    call.refresh_from_db()
    kept = (call.settled_by, call.settled_at, call.note)
    assert kept == (clinic.rosa, NOW, "Comes at ten instead")
    assert names(answer) == []
    assert "Spoken to by Rosa Reed, Monday 7 June, 8am. “Comes at ten instead”" in words(answer)


def test_second_tick_keeps_the_first(clinic):
    call = call_about(visit_of(clinic, clinic.alice))
    tick(clinic.rosa, call, "first")

    answer = tick(clinic.mia, call, "second")

    call.refresh_from_db()
    assert (call.settled_by, call.note) == (clinic.rosa, "first")
    assert "off the list already" in words(answer)


def test_tick_on_a_stale_call_is_refused(clinic):
    call = call_about(visit_of(clinic, clinic.alice))
    settle_call(call=call, note="", by=clinic.rosa, now=NOW)

    with pytest.raises(CallSettled):
        settle_call(call=call, note="late", by=clinic.mia, now=NOW)


def test_only_the_desk_ticks_off(clinic):
    call = call_about(visit_of(clinic, clinic.alice))

    with pytest.raises(NotAllowed):
        settle_call(call=call, note="", by=clinic.chen.user, now=NOW)

    assert tick(clinic.chen.user, call).status_code == 404


def test_note_that_is_too_long_is_refused_at_its_field_and_kept(clinic):
    call = call_about(visit_of(clinic, clinic.alice))
    call_about(visit_of(clinic, clinic.bea, hour=11))
    note = "x" * 201

    answer = signed_in(clinic.rosa).post(reverse("calls"), {"call": call.public_id, "note": note})

    call.refresh_from_db()
    assert (answer.status_code, call.settled_at) == (422, None)
    assert "Keep the note below 200 letters." in words(answer)
    assert answer.content.decode().count(note) == 1


@pytest.mark.parametrize("sent", [{}, {"call": "x"}, {"call": "\0", "note": "\0"}])
def test_tick_of_no_call_is_no_page(clinic, sent):
    assert signed_in(clinic.rosa).post(reverse("calls"), sent).status_code == 404


def test_last_seven_days_say_what_became_of_calls(clinic):
    visits = [visit_of(clinic, clinic.alice, hour=hour) for hour in (9, 11, 14)]
    call_about(visits[0], settled_at=NOW - HOUR, note="The visit has changed again.")
    call_about(visits[1], settled_at=NOW - timedelta(days=8), settled_by=clinic.rosa)

    answer = call_list(clinic.rosa)

    assert len(answer.context["past"]) == 1
    assert "Not needed since Monday 7 June, 7am: The visit has changed again." in words(answer)


def test_navigation_counts_the_calls_to_make(clinic, clock):
    first = visit_of(clinic, clinic.alice, MONDAY, 9)
    call_about(first)
    call_about(visit_of(clinic, clinic.bea, hour=11))
    before = words(signed_in(clinic.rosa).get(reverse("clients")))
    clock.move_to(first.starts_at)

    after = words(signed_in(clinic.rosa).get(reverse("clients")))

    assert "Calls 2 to call" in before
    assert "Calls 1 to call" in after
    assert "to call" not in words(signed_in(clinic.chen.user).get(reverse("day")))


def test_list_costs_the_same_for_one_and_three(clinic):
    rosa = signed_in(clinic.rosa)
    call_about(visit_of(clinic, clinic.alice))
    with CaptureQueriesContext(connection) as one:
        rosa.get(reverse("calls"))
    call_about(visit_of(clinic, clinic.bea, hour=11))
    call_about(visit_of(clinic, make_client("Cara Cole"), hour=14))
    with CaptureQueriesContext(connection) as three:
        answer = rosa.get(reverse("calls"))

    assert len(names(answer)) == 3
    assert len(one) == len(three) == QUERIES


QUERIES = 7
"""Session and login; one of the navigation; count, calls, past calls, visits."""


def test_calls_without_a_visit_stay_until_somebody_ticks(clinic):
    CallEntry.objects.create(
        dedupe_key="overdue",
        client=clinic.alice,
        location=clinic.location,
        reason=Reason.OVERDUE,
        about="course",
        about_id=1,
        created_at=NOW,
    )

    assert open_calls(NOW + timedelta(days=99)).count() == 1
