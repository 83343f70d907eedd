"""One visit at the desk: its page, taps, undo, moving, cancelling."""

from datetime import timedelta

import time_machine
from django.urls import reverse

from bookings.models import Appointment, ChangeRequest, StatusChange
from bookings.services.requests import ask_to_move
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at
from tests.support.desk import count, signed_in, start, state_of, tap, undo, words

TOMORROW = TODAY + timedelta(days=1)


def booked(clinic: SmallClinic, hour: int = 10) -> Appointment:
    """Book Alice today with Chen."""
    return book_visit(
        clinic.alice, clinic.follow_up, clinic.location, at(TODAY, hour), practitioner=clinic.chen
    )


def move_url(visit: Appointment, query: str = "") -> str:
    """Return the page that moves a visit."""
    return reverse("visit-move", args=[visit.public_id]) + query


def test_visit_page_tells_its_story(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    browser = signed_in(clinic.rosa)
    tap(browser, visit, "arrived")

    page = words(browser.get(f"/day/visits/{visit.public_id}/"))

    assert "Alice Arden Monday 7 June 2027, 10am" in page
    assert "Booked Monday 7 June, 8am, Alice Arden Arrived Monday 7 June, 8am, Rosa Reed" in page
    assert "+1 212-555-0111 alice@example.com" in page
    assert "Needles in, 20 min Resting, 25 min Needles out, 15 min Room made ready, 10 min" in page


def test_taps_lead_from_arrival_to_the_end(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    browser = signed_in(clinic.chen.user)

    tap(browser, visit, "arrived")
    begun = browser.post(start_path(visit), {"history_seen": "on", "back": "visit"}, follow=True)
    assert state_of(visit) == "in_session"
    count(browser, visit, "in", "40")
    count(browser, visit, "out", "40")
    tap(browser, visit, "completed")

    assert state_of(visit) == "completed"
    assert "Health history, changes and consent seen" in words(begun)


def start_path(visit: Appointment) -> str:
    return f"/day/visits/{visit.public_id}/start/"


def test_needles_are_not_started_without_the_tick(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    browser = signed_in(clinic.chen.user)
    tap(browser, visit, "arrived")

    page = browser.post(start_path(visit), {"back": "visit"})

    assert page.status_code == 422
    assert "Tick first that you have seen the health history" in words(page)
    assert state_of(visit) == "arrived"


def test_desk_is_not_offered_to_start_a_visit_with_needles(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    desk, practitioner = signed_in(clinic.rosa), signed_in(clinic.chen.user)
    tap(desk, visit, "arrived")

    at_desk = desk.get(f"/day/visits/{visit.public_id}/").content.decode()
    in_room = practitioner.get(f"/day/visits/{visit.public_id}/").content.decode()
    desk.post(start_path(visit), {"history_seen": "on", "back": "visit"})

    assert ("history_seen" in at_desk, "history_seen" in in_room) == (False, True)
    assert state_of(visit) == "arrived"


def test_talk_without_needles_is_started_by_the_desk_in_one_tap(clinic: SmallClinic) -> None:
    clinic.follow_up.uses_needles = False
    clinic.follow_up.save()
    visit = booked(clinic)
    desk = signed_in(clinic.rosa)
    tap(desk, visit, "arrived")

    desk.post(start_path(visit), {"back": "day"})

    assert state_of(visit) == "in_session"


def test_second_tap_changes_nothing(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    browser = signed_in(clinic.rosa)

    tap(browser, visit, "arrived")
    again = tap(browser, visit, "arrived")

    assert "Alice Arden: Arrived." in words(again)
    assert StatusChange.objects.filter(appointment=visit, to_state="arrived").count() == 1


def test_tap_that_is_no_step_is_refused_in_place(clinic: SmallClinic) -> None:
    visit = booked(clinic)

    page = words(tap(signed_in(clinic.rosa), visit, "completed"))

    assert "This visit is not over yet." in page
    assert state_of(visit) == "booked"


def test_no_show_before_the_start_is_refused(clinic: SmallClinic) -> None:
    visit = booked(clinic)

    page = words(tap(signed_in(clinic.rosa), visit, "no_show"))

    assert "This visit has not begun yet." in page
    assert state_of(visit) == "booked"


def test_not_treated_keeps_the_chosen_reason(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    browser = signed_in(clinic.rosa)
    tap(browser, visit, "arrived")

    page = words(tap(browser, visit, "not_treated", reason="3", back="visit"))

    assert "Not treated Monday 7 June, 8am, Rosa Reed The practitioner advised to wait" in page


def test_undo_takes_the_last_tap_back(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    browser = signed_in(clinic.rosa)
    tap(browser, visit, "arrived")

    page = words(undo(browser, visit))

    assert "Undone. Alice Arden: Booked." in page
    assert state_of(visit) == "booked"


def test_undo_after_15_minutes_is_refused_and_not_offered(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    browser = signed_in(clinic.rosa)
    tap(browser, visit, "arrived")

    with time_machine.travel(NOW + timedelta(minutes=16)):
        browser = signed_in(clinic.rosa)
        day = words(browser.get("/day/"))
        page = words(undo(browser, visit))

    assert "Undo" not in day
    assert "This can be undone for 15 minutes only." in page
    assert state_of(visit) == "arrived"


def test_undo_of_a_cancellation_is_refused_once_the_time_is_taken(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    browser = signed_in(clinic.rosa)
    browser.post(f"/day/visits/{visit.public_id}/cancel/", {"reason": "Called"})
    for client in (clinic.bea, clinic.alice):
        book_visit(
            client,
            clinic.first_visit,
            clinic.location,
            at(TODAY, 10 if client == clinic.bea else 13),
            by=clinic.rosa,
        )

    page = words(undo(browser, visit))

    assert "That time has just gone." in page
    assert state_of(visit) == "cancelled"


def test_practitioner_taps_own_visits(clinic: SmallClinic) -> None:
    visit = booked(clinic)

    tap(signed_in(clinic.chen.user), visit, "arrived")

    assert state_of(visit) == "arrived"


def test_visit_moves_to_another_time(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    browser = signed_in(clinic.rosa)
    page = browser.get(move_url(visit, "?date=2027-06-08&practitioner="))

    answer = browser.post(
        move_url(visit, "?date=2027-06-08&practitioner="),
        start(at(TOMORROW, 11), version=str(visit.version)),
        follow=True,
    )

    assert "Time on Tuesday 8 June" in words(page)
    assert "Moved to Tuesday 8 June, 11am." in words(answer)
    assert "Moved Monday 7 June, 8am, Rosa Reed" in words(answer)
    visit.refresh_from_db()
    assert visit.starts_at == at(TOMORROW, 11)


def test_move_does_not_offer_the_time_it_has(clinic: SmallClinic) -> None:
    visit = booked(clinic)

    html = signed_in(clinic.rosa).get(move_url(visit)).content.decode()

    assert f'value="{at(TODAY, 10).isoformat()}"' not in html
    assert f'value="{at(TODAY, 10, 15).isoformat()}"' in html


def test_lost_move_keeps_what_was_typed_and_offers_the_nearest(clinic: SmallClinic) -> None:
    clinic.location.minimum_notice_minutes = 24 * 60
    clinic.location.save()
    visit = book_visit(
        clinic.alice,
        clinic.follow_up,
        clinic.location,
        at(TODAY, 10),
        by=clinic.rosa,
        override_reason="Friend of the house",
    )
    book_visit(clinic.bea, clinic.first_visit, clinic.location, at(TOMORROW, 7 + 4), by=clinic.rosa)

    answer = signed_in(clinic.rosa).post(
        move_url(visit, "?date=2027-06-08"),
        start(at(TODAY, 10, 1), version="0", reason="She called"),
    )

    page = words(answer)
    assert answer.status_code == 409
    assert "That time has just gone. Nothing was changed." in page
    assert "Nearest free times Monday 7 June, 9:45am Chen Li Monday 7 June, 10" in page
    assert 'value="She called"' in answer.content.decode()
    visit.refresh_from_db()
    assert visit.starts_at == at(TODAY, 10)


def test_move_inside_the_notice_asks_for_a_reason_and_keeps_it(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    clinic.location.minimum_notice_minutes = 24 * 60
    clinic.location.save()
    browser = signed_in(clinic.rosa)

    refused = browser.post(move_url(visit), start(at(TODAY, 13), version="0"))
    moved = browser.post(
        move_url(visit), start(at(TODAY, 13), version="0", reason="She called"), follow=True
    )

    assert refused.status_code == 422
    assert "This time is outside the usual notice. Say why." in words(refused)
    assert "Moved to Monday 7 June, 1pm." in words(moved)
    assert "She called" in words(moved)


def test_move_after_a_colleagues_change_shows_how_it_stands(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    browser = signed_in(clinic.rosa)
    browser.post(move_url(visit), start(at(TODAY, 13), version="0"))

    answer = browser.post(move_url(visit), start(at(TODAY, 15), version="0"), follow=True)

    assert "Somebody changed this a moment ago." in words(answer)
    visit.refresh_from_db()
    assert visit.starts_at == at(TODAY, 13)


def test_arrived_visit_can_not_be_moved(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    browser = signed_in(clinic.rosa)
    tap(browser, visit, "arrived")

    page = words(browser.get(move_url(visit), follow=True))

    assert "Only a booked visit can be moved." in page


def test_moving_answers_the_clients_wish(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    ask_to_move(appointment=visit, wish="After 4pm", by=clinic.alice.user, now=NOW)
    browser = signed_in(clinic.rosa)

    asked = words(browser.get(move_url(visit)))
    browser.post(move_url(visit), start(at(TODAY, 16), version="0"))

    assert "The client wrote: “After 4pm”" in asked
    wish = ChangeRequest.objects.get()
    assert (wish.outcome, wish.answered_by) == ("moved", clinic.rosa)


def test_cancelling_keeps_the_reason_and_frees_the_time(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    browser = signed_in(clinic.rosa)

    page = words(
        browser.post(f"/day/visits/{visit.public_id}/cancel/", {"reason": "Called in"}, follow=True)
    )
    history = words(browser.get(f"/day/visits/{visit.public_id}/"))

    assert "Alice Arden: cancelled." in page
    assert "Cancelled Monday 7 June, 8am, Rosa Reed Called in" in history
    assert visit.reservations.count() == 0


def test_cancelling_twice_says_so(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    browser = signed_in(clinic.rosa)
    url = f"/day/visits/{visit.public_id}/cancel/"
    browser.post(url, {"reason": ""})

    assert "This visit can't be cancelled any more." in words(browser.post(url, follow=True))


def test_arrival_is_offered_on_the_day_alone_and_refused_before(clinic: SmallClinic) -> None:
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TOMORROW, 10))
    browser = signed_in(clinic.rosa)
    button = 'value="arrived"'

    pages = [browser.get(f"/day/visits/{visit.public_id}/"), browser.get("/day/?date=2027-06-08")]
    said = words(tap(browser, visit, "arrived"))

    assert [button in page.content.decode() for page in pages] == [False, False]
    assert "This visit is on another day." in said
    assert state_of(visit) == "booked"
