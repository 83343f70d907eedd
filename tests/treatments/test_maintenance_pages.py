"""Maintenance in pages: three good times, one click to book, how often, pause, the due list."""

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.services.status import record_status
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at
from tests.support.aftercare import keep, other_clients
from tests.support.desk import signed_in, words
from treatments.domain.maintenance import MaintenanceState
from treatments.models import Maintenance
from treatments.selectors.maintenance import due_list, maintenance_view

PAGE = "/me/maintenance/"


@pytest.fixture
def kept(clinic):
    return keep(clinic)


@pytest.fixture
def alice(clinic, kept):
    return signed_in(clinic.alice.user)


def offered(answer) -> list[tuple[str, str]]:
    """Return address and value of the times that are offered."""
    page = answer.content.decode()
    return re.findall(
        r'action="(/book/times/[^"]+)">\s*<input type="hidden" name="csrf[^>]+>'
        r'\s*<input type="hidden" name="time" value="([^"]+)">',
        page.replace("&amp;", "&"),
    )


def edit_page(kept) -> str:
    return reverse("maintenance-edit", args=[kept.public_id])


def state_of(kept, now=NOW):
    row = Maintenance.objects.select_related("client", "location", "course").get(pk=kept.pk)
    return maintenance_view(row, now).state


def test_due_visit_comes_with_three_times_on_different_days(alice):
    answer = alice.get(PAGE)

    assert "Due today The last visit was on Monday 15 March. You come every 12 weeks." in words(
        answer
    )
    assert len({value[:10] for _url, value in offered(answer)}) == 3


def test_one_click_holds_a_time_and_booking_it_clears_what_is_due(alice, clinic, kept):
    url, value = offered(alice.get(PAGE))[0]

    held = alice.post(url, {"time": value}, follow=True)
    booked = alice.post(held.redirect_chain[-1][0], follow=True)

    assert "/check/" in held.redirect_chain[-1][0]
    assert booked.status_code == 200
    assert state_of(kept) is MaintenanceState.BOOKED
    assert list(due_list(NOW)) == []
    page = words(alice.get(PAGE))
    assert "Booked: " in page
    assert "Times that may suit you" not in page


def test_completing_the_visit_sets_the_next_date(clinic, kept):
    visit = book_visit(
        clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 10), 9), by=clinic.rosa
    )
    Appointment.objects.filter(pk=visit.pk).update(state="completed")

    with time_machine.travel(at(date(2027, 6, 11), 9), tick=True):
        page = words(signed_in(clinic.alice.user).get(PAGE))

    assert "Next around Thursday 2 September" in page
    assert "The last visit was on Thursday 10 June." in page


def test_missed_visit_leaves_it_due(clinic, kept):
    visit = book_visit(
        clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 10), 9), by=clinic.rosa
    )
    assert state_of(kept) is MaintenanceState.BOOKED

    missed = Appointment.objects.with_people().get(pk=visit.pk)
    record_status(appointment=missed, to_state=State.NO_SHOW, by=clinic.rosa, now=missed.ends_at)

    assert state_of(kept, missed.ends_at) is MaintenanceState.DUE


def test_client_changes_how_often(alice, kept):
    answer = alice.post(PAGE, {"do": "interval", "weeks": "16"}, follow=True)

    assert "Saved." in words(answer)
    assert "Next around Monday 5 July" in words(answer)
    assert "every 16 weeks" in words(answer)


@pytest.mark.parametrize("weeks", ["", "3", "27", "often"])
def test_wrong_interval_is_said_at_the_field(weeks, alice, kept):
    answer = alice.post(PAGE, {"do": "interval", "weeks": weeks})

    assert answer.status_code == 422
    assert words(answer).count("Enter a number from 4 to 26.") == 2  # summary and field
    assert Maintenance.objects.get().interval_weeks == 12


def test_client_pauses_and_ends_the_pause(alice, kept):
    paused = alice.post(PAGE, {"do": "pause", "until": "2027-08-02"}, follow=True)
    resumed = alice.post(PAGE, {"do": "resume"}, follow=True)

    assert "Paused until Monday 2 August" in words(paused)
    assert "Times that may suit you" not in words(paused)
    assert "Due today" in words(resumed)


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("2027-06-07", "Choose a date after today and within a year."),
        ("2029-01-01", "Choose a date after today and within a year."),
        ("soon", "Enter a date, such as 2027-06-30."),
    ],
)
def test_wrong_pause_is_said_at_the_field_and_what_was_typed_stays(until, said, alice, kept):
    answer = alice.post(PAGE, {"do": "pause", "until": until})

    assert answer.status_code == 422
    assert words(answer).count(said) == 2
    assert f'value="{until}"' in answer.content.decode()
    assert Maintenance.objects.get().paused_until is None


def test_client_ends_it_for_good(alice, kept):
    answer = alice.post(PAGE, {"do": "end"}, follow=True)

    assert "Nothing here yet" in words(answer)
    assert Maintenance.objects.get().ended_at is not None


def test_client_without_maintenance_changes_nobodys(kept, clinic):
    bea = signed_in(clinic.bea.user)

    answers = [bea.get(PAGE), bea.post(PAGE, {"do": "end"})]

    assert all("Nothing here yet" in words(answer) for answer in answers)
    assert Maintenance.objects.get().ended_at is None


def test_unknown_wish_is_refused_and_changes_nothing(alice, kept):
    answer = alice.post(PAGE, {"do": "everything"})

    assert answer.status_code == 422
    assert "There is a problem" in words(answer)


def test_my_visits_say_when_it_is_due(alice):
    page = words(alice.get(reverse("me")))

    assert "Maintenance visits Due today every 12 weeks Choose a time" in page


def test_nothing_free_leads_to_all_times_and_the_phone(alice, clinic):
    clinic.chen.roster_hours.all().delete()

    page = words(alice.get(PAGE))

    assert "No time fits right now" in page
    assert "(212) 555-0100" in page


def test_service_that_only_staff_book_offers_the_phone_alone(alice, clinic):
    clinic.follow_up.bookable_by = "staff"
    clinic.follow_up.save()

    answer = alice.get(PAGE)

    assert offered(answer) == []
    assert "See all times" not in words(answer)
    assert "(212) 555-0100" in words(answer)


def test_desk_sees_who_is_due_and_books_with_everything_filled_in(clinic, kept):
    rosa = signed_in(clinic.rosa)

    answer = rosa.get(reverse("maintenance"))
    url = re.search(r'href="(/day/book/[^"]+)"', answer.content.decode()).group(1)
    form = rosa.get(url.replace("&amp;", "&"))

    assert "Alice Arden" in words(answer)
    assert "Due: Monday 7 June every 12 weeks Last visit: Monday 15 March" in words(answer)
    assert form.status_code == 200
    assert "Alice Arden" in words(form)
    assert '<option value="follow-up" selected' in form.content.decode()
    assert 'value="2027-06-07"' in form.content.decode()


def test_desk_pauses_for_the_client_who_leaves_the_list(clinic, kept):
    rosa = signed_in(clinic.rosa)

    answer = rosa.post(edit_page(kept), {"do": "pause", "until": "2027-08-02"}, follow=True)

    assert "Paused until Monday 2 August" in words(answer)
    assert "Nobody is due" in words(rosa.get(reverse("maintenance")))
    assert (
        edit_page(kept)
        in rosa.get(reverse("client", args=[clinic.alice.public_id])).content.decode()
    )


def test_desk_ends_it_and_the_page_is_gone(clinic, kept):
    rosa = signed_in(clinic.rosa)

    answer = rosa.post(edit_page(kept), {"do": "end"}, follow=True)

    assert answer.redirect_chain == [(reverse("maintenance"), 302)]
    assert rosa.get(edit_page(kept)).status_code == 404
    assert rosa.get(reverse("maintenance-edit", args=[uuid4()])).status_code == 404


@pytest.mark.parametrize("person", ["alice", "bea", "chen"])
def test_only_the_desk_changes_anothers(person, clinic, kept):
    browser = signed_in(getattr(clinic, person).user)

    assert browser.post(edit_page(kept), {"do": "end"}).status_code == 404
    assert Maintenance.objects.get().ended_at is None


def test_due_list_costs_the_same_for_one_and_three(clinic, kept):
    rosa = signed_in(clinic.rosa)
    with CaptureQueriesContext(connection) as one:
        rosa.get(reverse("maintenance"))
    for client in other_clients(clinic, 2):
        keep(clinic, client, last_date=date(2027, 3, 15) - timedelta(days=3))
    with CaptureQueriesContext(connection) as three:
        answer = rosa.get(reverse("maintenance"))

    assert words(answer).count("every 12 weeks") == 3
    assert len(one) == len(three)
