"""The locked screen: rooms and timers on the clinic's devices, and no client anywhere."""

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client as Browser

from bookings.models import Appointment, Needling
from clinic.models import Client
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, SmallClinic, at, make_location, make_small_clinic
from tests.support.desk import words
from tests.support.locking import PIN, after, at_screen, enrol, give_pin

pytestmark = pytest.mark.django_db

MONDAY = date(2027, 6, 7)


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic(rooms=3)


@pytest.fixture
def tablet(clinic) -> Browser:
    """Chen's browser on a device of the clinic, signed in at 8 and then left alone."""
    browser = at_screen(clinic.chen.user)
    enrol(browser, clinic.location, clinic.mia)
    return browser


def begun(clinic: SmallClinic, client: Client, room: int, **needles) -> Appointment:
    """A visit in session since 9, its needles as told."""
    visit = book_visit(client, clinic.follow_up, clinic.location, at(MONDAY, 9 + room))
    Appointment.objects.filter(pk=visit.pk).update(
        state="in_session", room=clinic.rooms[room], starts_at=NOW, ends_at=NOW + timedelta(hours=1)
    )
    if needles:
        Needling.objects.create(appointment=visit, in_count=10, **needles)
    return visit


@pytest.fixture
def busy(clinic):
    """Alice rests until 8:55 in Room 1, hands are at work in Room 2, Room 3 is free."""
    begun(clinic, clinic.alice, 0, in_at=NOW + timedelta(minutes=30))
    begun(clinic, clinic.bea, 1)


def test_device_shows_rooms_states_and_first_names(tablet, busy):
    with after(40):
        page = words(tablet.get("/locked/?next=/day/"))

    assert "Rooms, New York" in page
    assert "Room 1 Resting, Chen 15 min out at 8:55am" in page
    assert "Room 2 Hands at work, Chen" in page
    assert "Room 3 Free" in page
    assert "Chen opens it, and it goes on where it was." in page


def test_overdue_needles_are_called_out(tablet, busy):
    with after(58):
        page = tablet.get("/locked/")

    assert "Room 1 Take out now, Chen +3 min Time is over, since 8:55am" in words(page)
    assert "lock-room is-overdue" in page.content.decode()


def test_removed_needles_leave_hands_at_work(tablet, clinic):
    begun(clinic, clinic.alice, 0, in_at=NOW, out_count=10, out_at=NOW + timedelta(minutes=25))

    with after(30):
        assert "Room 1 Hands at work, Chen" in words(tablet.get("/locked/"))


def test_more_urgent_visit_of_a_room_is_shown(tablet, clinic):
    first = begun(clinic, clinic.alice, 0, in_at=NOW)
    second = begun(clinic, clinic.bea, 1)
    Appointment.objects.filter(pk=second.pk).update(room=first.room)

    with after(30):
        assert "Room 1 Take out now, Chen" in words(tablet.get("/locked/"))


def test_visit_left_open_yesterday_rests_in_no_room(tablet, clinic):
    visit = begun(clinic, clinic.alice, 0)
    Appointment.objects.filter(pk=visit.pk).update(starts_at=NOW - timedelta(hours=20))

    with after(30):
        assert "Room 1 Free" in words(tablet.get("/locked/"))


def test_no_client_and_no_service_stands_in_the_page(tablet, busy, clinic):
    give_pin(clinic.chen.user)
    tablet.post("/day/")
    hidden = [clinic.follow_up.name, "Chen Li", "Dora"]
    for client in (clinic.alice, clinic.bea):
        hidden += [*client.name.split(), client.email, str(client.public_id)]
    hidden += [str(visit.public_id) for visit in Appointment.objects.all()]

    with after(40):
        pages = [
            tablet.get("/locked/?next=/day/"),
            tablet.get("/locked/rooms/"),
            tablet.post("/locked/", {"pin": "135790"}),
            tablet.get("/day/", follow=True),
            tablet.get("/clients/?q=Alice", follow=True),
        ]

    for page in pages:
        html = page.content.decode()
        assert "Room 1" in html
        assert [name for name in hidden if name in html] == []


def test_other_location_is_not_shown(clinic, busy):
    elsewhere = make_location("boston", name="Boston")
    tablet = at_screen(clinic.chen.user)
    enrol(tablet, elsewhere, clinic.mia)

    with after(40):
        page = words(tablet.get("/locked/"))

    assert "Rooms, Boston" in page
    assert "This location has no rooms yet." in page
    assert "Room 1" not in page


def test_strange_device_shows_no_rooms(clinic, busy):
    rosa = at_screen(clinic.rosa)

    with after(40):
        page = words(rosa.get("/locked/"))
        rooms = rosa.get("/locked/rooms/", headers={"HX-Current-URL": "http://testserver/locked/"})

    assert "This screen is locked Rosa opens it" in page
    assert "Open with your password" in page
    assert "Room" not in page
    assert (rooms.content, rooms["HX-Redirect"]) == (b"", "http://testserver/locked/")


def test_revoked_device_shows_no_rooms(tablet, busy, clinic):
    clinic.location.devices.update(revoked_at=NOW)

    with after(40):
        assert "Room" not in words(tablet.get("/locked/"))


def test_device_shows_rooms_when_nobody_is_signed_in(tablet, busy):
    del tablet.cookies[settings.SESSION_COOKIE_NAME]

    with after(40):
        sent_on = tablet.get("/day/")
        page = tablet.get(sent_on["Location"])

    assert sent_on["Location"] == "/locked/?next=%2Fday%2F"
    assert "Nobody is signed in" in words(page)
    assert "Room 1 Resting, Chen 15 min" in words(page)
    assert 'href="/accounts/login/?next=%2Fday%2F"' in page.content.decode()


def test_poll_of_a_device_without_a_session_leads_to_the_rooms(tablet, busy):
    del tablet.cookies[settings.SESSION_COOKIE_NAME]
    seen = {"HX-Request": "true", "HX-Current-URL": "http://testserver/day/"}

    with after(40):
        answer = tablet.get("/day/alarms/", headers=seen)

    assert (answer.content, answer["HX-Redirect"]) == (b"", "/locked/?next=%2Fday%2F")


def test_timers_go_on_after_the_session_has_ended(tablet, busy):
    Needling.objects.update(in_at=NOW + timedelta(hours=12))

    with after(12 * 60 + 5):
        page = tablet.get("/day/", follow=True)

    assert "Nobody is signed in" in words(page)
    assert "Room 1 Resting, Chen 20 min" in words(page)


def test_sign_in_page_itself_is_never_replaced(tablet):
    del tablet.cookies[settings.SESSION_COOKIE_NAME]

    with after(40):
        assert tablet.get("/accounts/login/?next=/day/").status_code == 200


def test_pin_typed_with_nobody_signed_in_leads_to_sign_in(tablet):
    del tablet.cookies[settings.SESSION_COOKIE_NAME]

    with after(40):
        answer = tablet.post("/locked/?next=/day/", {"pin": PIN})

    assert answer["Location"] == "/accounts/login/?next=/day/"


def test_opened_screen_goes_back_to_its_page(tablet, clinic):
    give_pin(clinic.chen.user)

    with after(40):
        answer = tablet.post("/locked/?next=/day/%3Fdate%3D2027-06-08", {"pin": PIN})
        again = tablet.get("/locked/?next=/left-open/")

    assert answer["Location"] == "/day/?date=2027-06-08"
    assert again["Location"] == "/left-open/"


def test_locked_page_opened_elsewhere_leads_away(tablet, clinic):
    give_pin(clinic.chen.user)
    here = "http://testserver/locked/?next=/day/"

    with after(40):
        tablet.post("/locked/", {"pin": PIN})
        answer = tablet.get("/locked/rooms/", headers={"HX-Current-URL": here})

    assert (answer.content, answer["HX-Redirect"]) == (b"", here)


def test_somebody_else_signs_out_and_comes_to_sign_in(tablet):
    with after(40):
        page = tablet.get("/locked/?next=/day/").content.decode()
        answer = tablet.post("/accounts/logout/", {"next": "/accounts/login/?next=%2Fday%2F"})

    assert 'name="next" value="/accounts/login/?next=%2Fday%2F"' in page
    assert answer["Location"] == "/accounts/login/?next=%2Fday%2F"


def test_practitioners_screen_calls_at_once_the_desks_later(tablet, busy, clinic):
    desk = at_screen(clinic.rosa)
    enrol(desk, clinic.location, clinic.mia)

    with after(40):
        pages = [browser.get("/locked/").content.decode() for browser in (tablet, desk)]

    assert 'data-alarm="2027-06-07T12:55:00+00:00"' in pages[0]
    assert 'data-alarm="2027-06-07T12:58:00+00:00"' in pages[1]


def test_locked_rooms_ask_a_fixed_number_of_queries(tablet, clinic, django_assert_num_queries):
    begun(clinic, clinic.alice, 0, in_at=NOW)
    with after(40), django_assert_num_queries(6):
        tablet.get("/locked/rooms/")

    begun(clinic, clinic.bea, 1)
    begun(clinic, clinic.bea, 2, in_at=NOW)
    with after(41), django_assert_num_queries(6):
        tablet.get("/locked/rooms/")


def test_polling_the_locked_rooms_opens_nothing(tablet):
    with after(40):
        tablet.get("/locked/rooms/", headers={"HX-Request": "true"})
        tablet.get("/locked/rooms/")

        assert tablet.get("/day/").status_code == 302
