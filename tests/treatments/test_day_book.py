"""Booking for a client at the desk."""

from datetime import timedelta
from uuid import uuid4

from bookings.models import Appointment
from tests.factories.bookings import book_visit
from tests.factories.clinic import TODAY, SmallClinic, at, make_client
from tests.support.desk import book_url, signed_in, start, words

TOMORROW = TODAY + timedelta(days=1)


def url(clinic: SmallClinic, **more: object) -> str:
    """Return the page for a follow-up of Alice tomorrow."""
    answers = {
        "client": clinic.alice.public_id,
        "service": "follow-up",
        "location": "new-york",
        "date": "2027-06-08",
        **more,
    }
    return book_url(**answers)


def test_client_is_found_and_chosen(clinic: SmallClinic) -> None:
    answer = signed_in(clinic.rosa).get(book_url(q="ali ard", service="follow-up"))

    assert "Alice Arden alice@example.com +1 212-555-0111" in words(answer)
    assert f"client={clinic.alice.public_id}" in answer.content.decode()
    assert "service=follow-up" in answer.content.decode()


def test_new_client_comes_back_chosen(clinic: SmallClinic) -> None:
    browser = signed_in(clinic.rosa)

    page = browser.post(
        "/clients/new/?next=/day/book/%3Fservice%3Dfollow-up", {"name": "Cleo Cole"}, follow=True
    )

    assert "Cleo Cole is entered." in words(page)
    assert "Book for Cleo Cole" in words(page)


def test_times_show_dates_with_room_and_who_is_free(clinic: SmallClinic) -> None:
    page = words(signed_in(clinic.rosa).get(url(clinic)))

    assert "Mon 7 Jun 29 times Tue 8 Jun 29 times" in page
    assert "Time on Tuesday 8 June (New York time) Free times 9am Chen 9:15am Chen" in page


def test_visit_is_booked_for_the_client(clinic: SmallClinic) -> None:
    answer = signed_in(clinic.rosa).post(url(clinic), start(at(TOMORROW, 11)), follow=True)

    visit = Appointment.objects.get()
    assert "Booked for Alice Arden: Tuesday 8 June, 11am." in words(answer)
    assert (visit.client, visit.starts_at) == (clinic.alice, at(TOMORROW, 11))


def test_the_same_form_sent_twice_books_once(clinic: SmallClinic) -> None:
    browser = signed_in(clinic.rosa)
    form = start(at(TOMORROW, 11))

    first = browser.post(url(clinic), form)
    second = browser.post(url(clinic), form)

    assert Appointment.objects.count() == 1
    assert first.url == second.url


def test_old_form_with_another_wish_asks_once_more(clinic: SmallClinic) -> None:
    browser = signed_in(clinic.rosa)
    key = str(uuid4())
    browser.post(url(clinic), start(at(TOMORROW, 11), request_id=key))

    answer = browser.post(url(clinic), start(at(TOMORROW, 14), request_id=key))

    assert answer.status_code == 422
    assert "This page was sent before." in words(answer)
    assert key not in answer.content.decode()
    assert Appointment.objects.count() == 1


def test_lost_slot_keeps_all_and_offers_the_nearest(clinic: SmallClinic) -> None:
    book_visit(clinic.bea, clinic.first_visit, clinic.location, at(TOMORROW, 11))
    form = start(at(TOMORROW, 11))

    answer = signed_in(clinic.rosa).post(url(clinic), form)

    page = words(answer)
    assert answer.status_code == 409
    assert "There is a problem That time has just gone. Nothing else was lost." in page
    assert "Nearest free times Tuesday 8 June, 9:30am Chen Li Tuesday 8 June, 9:45am" in page
    assert "Book for Alice Arden" in page
    assert form["request_id"] in answer.content.decode()


def test_one_of_the_nearest_is_one_click_away(clinic: SmallClinic) -> None:
    book_visit(clinic.bea, clinic.first_visit, clinic.location, at(TOMORROW, 11))
    browser = signed_in(clinic.rosa)
    form = start(at(TOMORROW, 11))
    browser.post(url(clinic), form)

    browser.post(url(clinic), {**form, "starts_at": at(TOMORROW, 9, 45).isoformat()})

    assert Appointment.objects.filter(client=clinic.alice).count() == 1


def test_time_inside_the_notice_needs_a_reason(clinic: SmallClinic) -> None:
    clinic.location.minimum_notice_minutes = 240
    clinic.location.save()
    browser = signed_in(clinic.rosa)
    today = url(clinic, date="2027-06-07")

    page = words(browser.get(today))
    refused = browser.post(today, start(at(TODAY, 10)))
    booked = browser.post(today, start(at(TODAY, 10), reason="Walked in"), follow=True)

    assert "Needs a reason: outside the usual notice 9am Chen" in page
    assert refused.status_code == 422
    assert "This time is outside the usual notice. Say why." in words(refused)
    assert "Walked in" in words(booked)


def test_reason_is_not_asked_where_notice_is_kept(clinic: SmallClinic) -> None:
    page = words(signed_in(clinic.rosa).get(url(clinic)))

    assert "Why outside the usual notice?" not in page


def test_staff_only_service_can_be_booked(clinic: SmallClinic) -> None:
    clinic.follow_up.bookable_by = "staff"
    clinic.follow_up.save()

    signed_in(clinic.rosa).post(url(clinic), start(at(TOMORROW, 11)))

    assert Appointment.objects.count() == 1


def test_gap_preselects_the_first_time_in_it(clinic: SmallClinic) -> None:
    page = signed_in(clinic.rosa).get(url(clinic, time="10:05")).content.decode()

    chosen = page.split(f'value="{at(TOMORROW, 10, 15).isoformat()}"')[1][:12]
    assert chosen.startswith(" checked")


def test_booking_without_client_or_time_says_what_is_missing(clinic: SmallClinic) -> None:
    browser = signed_in(clinic.rosa)

    nobody = browser.post(book_url(service="follow-up"), start(at(TOMORROW, 11)))
    no_time = browser.post(url(clinic), {"request_id": str(uuid4())})

    assert (nobody.status_code, no_time.status_code) == (422, 422)
    assert "Choose the client and the service first." in words(nobody)
    assert "Choose a time." in words(no_time)


def test_client_without_email_can_be_booked(clinic: SmallClinic) -> None:
    cleo = make_client("Cleo Cole", login=False)

    signed_in(clinic.rosa).post(url(clinic, client=cleo.public_id), start(at(TOMORROW, 11)))

    assert Appointment.objects.get().client == cleo


def test_mark_against_needling_leaves_no_times(clinic: SmallClinic) -> None:
    clinic.alice.no_needling_until_cleared = True
    clinic.alice.save()

    page = words(signed_in(clinic.rosa).get(url(clinic)))

    assert "No needling until cleared" in page
    assert "Visits with needles can't be booked for this client" in page


def test_practitioner_who_is_not_there_leaves_no_times(clinic: SmallClinic) -> None:
    page = words(signed_in(clinic.rosa).get(url(clinic, practitioner=clinic.dora.public_id)))

    assert "Dora Novak does not offer this treatment." in page
    assert "Book for Alice Arden" not in page


def test_desk_sees_what_the_caller_has_booked_already(clinic: SmallClinic) -> None:
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TOMORROW, 9))
    book_visit(clinic.bea, clinic.first_visit, clinic.location, at(TOMORROW, 12))

    page = words(signed_in(clinic.rosa).get(book_url(client=clinic.alice.public_id)))

    assert "Already booked Tuesday 8 June, 9am Follow up Choose another client" in page


def test_caller_without_visits_has_no_list_of_them(clinic: SmallClinic) -> None:
    page = words(signed_in(clinic.rosa).get(book_url(client=clinic.alice.public_id)))

    assert "Already booked" not in page
