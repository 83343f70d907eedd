"""Admin pages whose changes touch reservations go through the services."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Appointment, Reservation, StatusChange, TimeOff
from bookings.services.cancelling import cancel_appointment
from clinic.models import Client, Practitioner, Room
from clinic.refusals import NotAllowed
from tests.factories.admin import (
    add_url,
    change_url,
    errors_of,
    hours,
    hours_rows,
    list_url,
    location_form,
    manager_browser,
    messages_of,
    practitioner_form,
)
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, at, make_client, make_location, make_small_clinic

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def small(db: None) -> Any:
    return make_small_clinic()


@pytest.fixture
def office(small: Any) -> Any:
    return manager_browser(small.mia)


def time_off_form(**changes: Any) -> dict[str, Any]:
    fields = {
        "kind": "away",
        "practitioner": "",
        "room": "",
        "location": "",
        "name": "",
        "first_date": "2027-06-08",
        "first_time": "",
        "last_date": "",
        "last_time": "",
        "clock_of": "",
    }
    return {**fields, **{name: str(value) for name, value in changes.items()}}


def taken_by_time_off() -> int:
    return Reservation.objects.filter(time_off__isnull=False).count()


# Lanes


def test_more_lanes_are_given(office: Any, small: Any) -> None:
    sent = practitioner_form(small.chen, lanes_wanted="3")

    assert office.post(change_url("clinic_practitioner", small.chen), sent).status_code == 302
    assert small.chen.lanes.count() == 3


def test_fewer_lanes_than_visits_need_are_refused_with_the_visits(office: Any, small: Any) -> None:
    for client, minute in ((small.alice, 0), (small.bea, 20)):
        start = at(TOMORROW, 10, minute)
        book_visit(client, small.follow_up, small.location, start, practitioner=small.chen)
    sent = practitioner_form(small.chen, lanes_wanted="1", headline="Typed")

    response = office.post(change_url("clinic_practitioner", small.chen), sent)

    words = errors_of(response)["lanes_wanted"]
    assert "more places at once" in words[0]
    assert words[1] == "Tuesday 8 June 2027, 10:20am: Bea Brook, Follow up"
    assert 'value="Typed"' in response.content.decode()
    assert small.chen.lanes.count() == 2
    assert Practitioner.objects.get(pk=small.chen.pk).headline == ""


def test_refused_lanes_undo_new_roster_rows_too(office: Any, small: Any) -> None:
    for client, minute in ((small.alice, 0), (small.bea, 20)):
        start = at(TOMORROW, 10, minute)
        book_visit(client, small.follow_up, small.location, start, practitioner=small.chen)
    rows = [*hours_rows(small.chen), hours(small.location, 6, "10:00", "14:00")]

    office.post(
        change_url("clinic_practitioner", small.chen),
        practitioner_form(small.chen, weekly=rows, lanes_wanted="1"),
    )

    assert small.chen.roster_hours.count() == 5


@pytest.mark.parametrize(
    ("value", "words"),
    [("0", "greater than or equal to 1"), ("99", "less than or equal to 6"), ("x", "whole")],
)
def test_bad_number_of_lanes_is_refused(office: Any, small: Any, value: str, words: str) -> None:
    sent = practitioner_form(small.chen, lanes_wanted=value)

    errors = errors_of(office.post(change_url("clinic_practitioner", small.chen), sent))

    assert words in errors["lanes_wanted"][0]


def test_switching_off_somebody_with_visits_warns(office: Any, small: Any) -> None:
    book_visit(small.alice, small.follow_up, small.location, at(TOMORROW, 10))
    sent = practitioner_form(small.chen)
    del sent["is_active"]

    response = office.post(change_url("clinic_practitioner", small.chen), sent, follow=True)

    assert any("1 visit stays" in words for words in messages_of(response))
    assert Appointment.objects.get().state == "booked"


# Time off


def test_time_off_of_a_day_reserves_hands_and_lanes(office: Any, small: Any) -> None:
    sent = time_off_form(practitioner=small.chen.pk)

    response = office.post(add_url("bookings_timeoff"), sent)

    assert response.status_code == 302
    made = TimeOff.objects.get()
    assert (made.starts_at, made.ends_at) == (at(TOMORROW, 0), at(date(2027, 6, 9), 0))
    assert taken_by_time_off() == 3


def test_time_off_over_a_visit_names_it(office: Any, small: Any) -> None:
    book_visit(
        small.alice, small.follow_up, small.location, at(TOMORROW, 10), practitioner=small.chen
    )

    response = office.post(
        add_url("bookings_timeoff"), time_off_form(practitioner=small.chen.pk), follow=True
    )

    assert any("10am Alice Arden" in words for words in messages_of(response))


def test_closure_takes_all_rooms_on_local_days(office: Any, small: Any) -> None:
    sent = time_off_form(
        kind="closure", location=small.location.pk, name="Painting", last_date="2027-06-10"
    )

    office.post(add_url("bookings_timeoff"), sent)

    made = TimeOff.objects.get()
    assert (made.starts_at, made.ends_at) == (at(TOMORROW, 0), at(date(2027, 6, 11), 0))
    assert taken_by_time_off() == 2


def test_changed_hours_are_shown_and_moved(office: Any, small: Any) -> None:
    sent = time_off_form(
        kind="blocked", room=small.rooms[0].pk, first_time="10:00", last_time="11:30"
    )
    office.post(add_url("bookings_timeoff"), sent)
    page = change_url("bookings_timeoff", TimeOff.objects.get())

    initial = office.get(page).context["adminform"].form.initial
    office.post(page, {**sent, "last_time": "12:00"})

    assert f"{initial['first_time']:%H:%M}-{initial['last_time']:%H:%M}" == "10:00-11:30"
    assert Reservation.objects.get().during.upper == at(TOMORROW, 12)


def test_deleting_time_off_sets_its_time_free(office: Any, small: Any) -> None:
    for day in ("2027-06-08", "2027-06-09"):
        office.post(
            add_url("bookings_timeoff"), time_off_form(practitioner=small.chen.pk, first_date=day)
        )
    first, second = TimeOff.objects.order_by("pk")

    office.post(
        change_url("bookings_timeoff", first).replace("/change/", "/delete/"), {"post": "yes"}
    )
    office.post(
        list_url("bookings_timeoff"),
        {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"},
    )

    assert not TimeOff.objects.exists()
    assert taken_by_time_off() == 0


def test_deleting_one_time_off_leaves_the_hours_to_another(office: Any, small: Any) -> None:
    office.post(add_url("bookings_timeoff"), time_off_form(practitioner=small.chen.pk))
    office.post(add_url("bookings_timeoff"), time_off_form(practitioner=small.chen.pk, name="b"))
    first = TimeOff.objects.order_by("pk").first()
    assert first is not None

    office.post(
        list_url("bookings_timeoff"),
        {"action": "delete_selected", "_selected_action": [first.pk], "post": "yes"},
    )

    assert taken_by_time_off() == 3


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({}, "practitioner", "who is away"),
        ({"kind": "closure"}, "location", "location that is closed"),
        ({"kind": "blocked"}, "practitioner", "practitioner or the room"),
        ({"kind": "siesta"}, "kind", "valid choice"),
        ({"practitioner": "chen", "location": "here"}, "location", "Leave this empty"),
        ({"practitioner": "chen", "room": "room"}, "room", "Leave this empty"),
        ({"kind": "blocked", "practitioner": "chen", "room": "room"}, "room", "one at a time"),
        ({"practitioner": "chen", "last_date": "2027-06-07"}, "last_date", "ends after"),
        (
            {"practitioner": "chen", "first_time": "12:00", "last_time": "11:00"},
            "last_time",
            "ends after",
        ),
        ({"practitioner": "chen", "first_date": "9999-12-31"}, "first_date", "2000 and 2100"),
        ({"practitioner": "chen", "first_date": "soon"}, "first_date", "valid date"),
        ({"practitioner": "chen", "first_date": ""}, "first_date", "required"),
        ({"practitioner": "chen", "first_time": "9 bells"}, "first_time", "valid time"),
        ({"practitioner": "chen", "name": "a\x00"}, "name", "Null characters"),
        ({"practitioner": "999999"}, "practitioner", "valid choice"),
        ({"practitioner": "dora"}, "clock_of", "whose clock"),
    ],
)
def test_bad_time_off_is_refused_at_its_field(
    office: Any, small: Any, changes: dict[str, str], field: str, words: str
) -> None:
    small.dora.roster_hours.all().delete()
    ids = {
        "chen": small.chen.pk,
        "dora": small.dora.pk,
        "here": small.location.pk,
        "room": small.rooms[0].pk,
    }
    sent = time_off_form(**{name: ids.get(value, value) for name, value in changes.items()})

    errors = errors_of(office.post(add_url("bookings_timeoff"), sent))

    assert words in " ".join(errors[field])
    assert not TimeOff.objects.exists()


def test_same_closure_twice_is_refused(office: Any, small: Any) -> None:
    sent = time_off_form(kind="closure", location=small.location.pk)
    office.post(add_url("bookings_timeoff"), sent)

    response = office.post(add_url("bookings_timeoff"), sent)

    assert response.status_code == 200
    assert "closed then already" in " ".join(errors_of(response)["__all__"])
    assert TimeOff.objects.count() == 1


def test_refusal_of_a_service_is_shown_and_nothing_saved(
    office: Any, small: Any, monkeypatch: Any
) -> None:
    def refuse(**_: Any) -> None:
        raise NotAllowed("Not on a Monday.")

    monkeypatch.setattr("bookings.admin.time_off.take_time_off", refuse)

    response = office.post(add_url("bookings_timeoff"), time_off_form(practitioner=small.chen.pk))

    assert errors_of(response)["__all__"] == ["Not on a Monday."]
    assert not TimeOff.objects.exists()


# Places


def test_location_is_closed_on_public_holidays(office: Any, small: Any) -> None:
    sent = {"action": "close_this_year", "_selected_action": [small.location.pk]}

    response = office.post(list_url("clinic_location"), sent, follow=True)
    again = office.post(list_url("clinic_location"), sent, follow=True)

    names = set(TimeOff.objects.values_list("name", flat=True))
    assert "Independence Day" in names
    assert "closures made for 2027" in messages_of(response)[0]
    assert "0 closures made" in messages_of(again)[0]


def test_unknown_holidays_are_said_not_raised(office: Any, small: Any) -> None:
    odd = make_location("nowhere", holiday_country="XX")
    sent = {"action": "close_next_year", "_selected_action": [odd.pk]}

    response = office.post(list_url("clinic_location"), sent, follow=True)

    assert response.status_code == 200
    assert messages_of(response)[0].startswith("Nowhere:")


def test_new_room_is_closed_when_its_location_is(office: Any, small: Any) -> None:
    office.post(
        add_url("bookings_timeoff"), time_off_form(kind="closure", location=small.location.pk)
    )
    sent = {"location": small.location.pk, "name": "Loft", "is_active": "on"}

    assert office.post(add_url("clinic_room"), sent).status_code == 302
    loft = Room.objects.get(name="Loft")
    assert Reservation.objects.of_resources([loft.resource_id]).count() == 1


def test_room_name_twice_is_refused(office: Any, small: Any) -> None:
    sent = {"location": small.location.pk, "name": "Room 1", "is_active": "on"}

    assert "__all__" in errors_of(office.post(add_url("clinic_room"), sent))


def test_switching_off_a_location_with_visits_warns(office: Any, small: Any) -> None:
    book_visit(small.alice, small.follow_up, small.location, at(TOMORROW, 10))
    sent = location_form(slug="new-york", name="New York")
    del sent["is_active"]

    response = office.post(change_url("clinic_location", small.location), sent, follow=True)

    assert any(
        "1 visit stays and is on the cover list" in words and 'href="/cover/"' in words
        for words in messages_of(response)
    )


def test_zone_stays_while_visits_or_closures_lie_ahead(office: Any, small: Any) -> None:
    page = change_url("clinic_location", small.location)
    moved = location_form(slug="new-york", name="New York", zone="America/Chicago")
    visit = book_visit(small.alice, small.follow_up, small.location, at(TOMORROW, 10))

    with_visit = errors_of(office.post(page, moved))["zone"]
    cancel_appointment(appointment=visit, by=small.rosa, now=NOW)
    office.post(
        add_url("bookings_timeoff"), time_off_form(kind="closure", location=small.location.pk)
    )
    with_closure = errors_of(office.post(page, moved))["zone"]
    TimeOff.objects.all().delete()
    answer = office.post(page, moved)

    assert "1 visit is booked here by the clock of now" in with_visit[0]
    assert "Closures or blocked rooms ahead" in with_closure[0]
    assert answer.status_code == 302
    small.location.refresh_from_db()
    assert small.location.zone == "America/Chicago"


def test_other_fields_of_a_location_change_beside_visits(office: Any, small: Any) -> None:
    book_visit(small.alice, small.follow_up, small.location, at(TOMORROW, 10))
    sent = location_form(slug="new-york", name="New York", address="4 Quay Street")

    assert office.post(change_url("clinic_location", small.location), sent).status_code == 302


# Clients


def merge(office: Any, ids: list[int], **more: Any) -> Any:
    sent = {"action": "merge_two", "_selected_action": ids, **more}
    return office.post(list_url("clinic_client"), sent, follow=True)


def test_two_records_are_merged_after_a_question(office: Any, small: Any) -> None:
    double = make_client("Alyce Arden", login=False, email="")
    visit = book_visit(double, small.follow_up, small.location, at(TOMORROW, 10), by=small.rosa)
    ids = [small.alice.pk, double.pk]

    question = merge(office, ids)
    answer = merge(office, ids, merge="yes", keep=small.alice.pk)

    assert "Alyce Arden, no e-mail" in question.content.decode()
    assert messages_of(answer) == ["Alice Arden is one record now."]
    visit.refresh_from_db()
    assert visit.client == small.alice
    assert Client.objects.get(pk=double.pk).merged_into == small.alice


def test_merge_that_clashes_shows_the_visits(office: Any, small: Any) -> None:
    double = make_client("Alyce Arden", login=False, email="")
    for client, person in ((small.alice, None), (double, None)):
        book_visit(
            client,
            small.follow_up,
            small.location,
            at(TOMORROW, 10, 0 if client == small.alice else 20),
            practitioner=person,
            by=small.rosa,
        )

    answer = merge(office, [small.alice.pk, double.pk], merge="yes", keep=small.alice.pk)

    page = answer.content.decode()
    assert "visit at the same time" in page
    assert "Tuesday 8 June 2027, 10am" in page
    assert Client.objects.get(pk=double.pk).merged_into is None


def test_merge_of_two_logins_is_refused(office: Any, small: Any) -> None:
    answer = merge(office, [small.alice.pk, small.bea.pk], merge="yes", keep=small.bea.pk)

    assert "Both records have a login" in answer.content.decode()


@pytest.mark.parametrize("keep", ["", "0", "x", "\x00", "999999"])
def test_merge_without_a_choice_asks_again(office: Any, small: Any, keep: str) -> None:
    answer = merge(office, [small.alice.pk, small.bea.pk], merge="yes", keep=keep)

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()


def test_merge_wants_two_records(office: Any, small: Any) -> None:
    answer = merge(office, [small.alice.pk])

    assert "no more and no fewer" in messages_of(answer)[0]


# What can only be looked at


@pytest.mark.parametrize("model", ["bookings_appointment", "bookings_statuschange"])
def test_history_can_not_be_changed_here(office: Any, small: Any, model: str) -> None:
    book_visit(small.alice, small.follow_up, small.location, at(TOMORROW, 10))
    thing = Appointment.objects.get() if "appointment" in model else StatusChange.objects.get()
    url = change_url(model, thing)

    assert office.get(url).status_code == 200
    assert office.get(add_url(model)).status_code == 403
    assert office.post(url, {"state": "completed"}).status_code == 403
    assert office.post(url.replace("/change/", "/delete/"), {"post": "y"}).status_code == 403


def test_visits_are_found_by_client(office: Any, small: Any) -> None:
    book_visit(small.alice, small.follow_up, small.location, at(TOMORROW, 10))
    visit = book_visit(small.bea, small.follow_up, small.location, at(TOMORROW, 12))
    cancel_appointment(appointment=visit, by=small.rosa, now=NOW)

    page = office.get(list_url("bookings_appointment"), {"q": "arden"}).content.decode()

    assert "Tue 8 Jun 2027, 10am" in page
    assert "Bea Brook" not in page


@pytest.mark.parametrize(
    ("model", "count"),
    [("bookings_appointment", 11), ("bookings_statuschange", 9), ("clinic_client", 7)],
)
def test_number_of_queries_does_not_grow_with_visits(
    office: Any, small: Any, model: str, count: int
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert office.get(list_url(model)).status_code == 200
        return len(found)

    book_visit(small.alice, small.follow_up, small.location, at(TOMORROW, 9))
    queries()
    with_one = queries()
    for number, hour in enumerate((11, 13, 15)):
        client = make_client(f"Guest{number} Ames")
        book_visit(client, small.follow_up, small.location, at(TOMORROW, hour))

    assert (with_one, queries()) == (count, count)
