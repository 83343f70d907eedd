"""The practitioner's day: steps at the card, numbers, warnings, the polled board, alarms."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from bookings.models import Appointment, Needling
from bookings.services.needling import record_needles_in, record_needles_out
from bookings.services.status import record_status
from tests.factories.bookings import begin_visit, book_visit, finish_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_practitioner
from tests.support.desk import begin, count, signed_in, state_of, tap, words
from tests.treatments.test_day import fill

TEN = at(TODAY, 10)
SESSION = r"django_session|clinic_user|clinic_staffpin|clinic_clinicdevice|clinic_device"


def booked(clinic: SmallClinic, hour: int = 10, minute: int = 0, client: Any = None) -> Appointment:
    """Book somebody today with Chen."""
    return book_visit(
        client or clinic.alice,
        clinic.follow_up,
        clinic.location,
        at(TODAY, hour, minute),
        practitioner=clinic.chen,
    )


def under_needles(clinic: SmallClinic, needles: int = 40, **when: int) -> Appointment:
    """Have Alice under needles in room 1 since ten past ten."""
    visit = begin_visit(booked(clinic))
    in_at = TEN + timedelta(minutes=10)
    record_needles_in(appointment=visit, count=needles, by=clinic.chen.user, now=in_at)
    return visit


def chens_day(clinic: SmallClinic, minutes: int) -> tuple[Browser, Any]:
    """Return Chen's browser and day, so many minutes after ten."""
    browser = signed_in(clinic.chen.user)
    return browser, browser.get("/day/")


def test_next_for_the_hands_stands_first(clinic: SmallClinic) -> None:
    under_needles(clinic)
    waiting = booked(clinic, 10, 20, clinic.bea)
    with time_machine.travel(TEN + timedelta(minutes=31)):
        tap(signed_in(clinic.rosa), waiting, "arrived")

        page = words(signed_in(clinic.chen.user).get("/day/"))

    said = "Next for your hands Removal in Room 1 in 4 minutes Start Bea Brook, Room 2"
    assert page.index(said) < page.index("Alice Arden")


def test_steps_follow_each_other_at_the_card(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    with time_machine.travel(TEN):
        browser = signed_in(clinic.chen.user)

        labels = [label_of(browser)]
        for act in (
            lambda: tap(browser, visit, "arrived"),
            lambda: begin(browser, visit),
            lambda: count(browser, visit, "in", "40"),
            lambda: count(browser, visit, "out", "38"),
            lambda: count(browser, visit, "searched"),
        ):
            act()
            labels.append(label_of(browser))
        tap(browser, visit, "completed")

    assert labels == [
        "Arrived",
        "Start",
        "Needles in",
        "Removed",
        "Searched, client told",
        "Complete",
    ]
    assert state_of(visit) == "completed"


def label_of(browser: Browser) -> str:
    """Return the label of the one step on the page."""
    html = browser.get("/day/").content.decode()
    return (
        html.split('class="step"')[1]
        .split('<button class="btn btn-primary')[1]
        .split(">")[1]
        .split("<")[0]
    )


def test_unequal_numbers_say_both_and_block_completion(clinic: SmallClinic) -> None:
    visit = under_needles(clinic)
    with time_machine.travel(TEN + timedelta(minutes=35)):
        browser = signed_in(clinic.chen.user)

        page = words(count(browser, visit, "out", "38"))
        refused = words(tap(browser, visit, "completed"))

    assert "Needles: 40 in, 38 removed. Search hair, ears, clothes, linen and floor" in page
    assert "Search first and tell the client" in refused
    assert state_of(visit) == "in_session"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter the number of needles."),
        ("forty", "Enter the number of needles in figures, such as 40."),
        ("-3", "Enter 1 or more."),
        ("0", "Enter 1 or more."),
        ("9999", "Enter 300 needles at most."),
        ("4.5", "Enter the number of needles in figures, such as 40."),
        ("\x00", "Enter the number of needles in figures, such as 40."),
        ("9" * 400, "Enter 300 needles at most."),
    ],
)
def test_bad_number_is_said_at_the_field_and_kept(
    clinic: SmallClinic, typed: str, said: str
) -> None:
    visit = begin_visit(booked(clinic))
    with time_machine.travel(TEN + timedelta(minutes=5)):
        answer = count(signed_in(clinic.chen.user), visit, "in", typed, back="day")

    html = answer.content.decode()
    assert answer.status_code == 422
    assert f"</span> {said}" in html
    assert 'aria-invalid="true"' in html
    assert f'value="{typed}"' in html or "\x00" in typed
    assert not Needling.objects.exists()


@pytest.mark.parametrize("back", ["day", "visit", "left-open", "", "nonsense"])
def test_bad_number_is_answered_on_the_page_it_came_from(clinic: SmallClinic, back: str) -> None:
    visit = begin_visit(booked(clinic))
    with time_machine.travel(TEN + timedelta(hours=2)):
        answer = count(signed_in(clinic.chen.user), visit, "in", "forty", back=back)

    assert answer.status_code == 422


def test_no_number_of_removed_needles_may_be_none(clinic: SmallClinic) -> None:
    visit = under_needles(clinic)
    with time_machine.travel(TEN + timedelta(minutes=35)):
        count(signed_in(clinic.chen.user), visit, "out", "0")

    assert Needling.objects.get().out_count == 0


def test_stranger_and_desk_record_no_needles(clinic: SmallClinic) -> None:
    visit = begin_visit(booked(clinic))
    other = make_practitioner("Otto Opal").user
    with time_machine.travel(TEN + timedelta(minutes=5)):
        answers = [
            count(signed_in(user), visit, "in", "40").status_code
            for user in (other, clinic.alice.user, clinic.bea.user)
        ]
        desk = words(count(signed_in(clinic.rosa), visit, "in", "40"))

    assert answers == [404, 404, 404]
    assert "You may not do this." in desk
    assert not Needling.objects.exists()


def test_second_device_with_another_number_sees_that_it_is_recorded(clinic: SmallClinic) -> None:
    visit = under_needles(clinic)
    with time_machine.travel(TEN + timedelta(minutes=11)):
        page = words(count(signed_in(clinic.chen.user), visit, "in", "41"))

    assert "Somebody changed this a moment ago." in page
    assert Needling.objects.get().in_count == 40


def test_start_that_would_make_a_removal_late_asks_for_another_tap(clinic: SmallClinic) -> None:
    under_needles(clinic)
    waiting = booked(clinic, 10, 20, clinic.bea)
    with time_machine.travel(TEN + timedelta(minutes=30)):
        tap(signed_in(clinic.rosa), waiting, "arrived")
        browser = signed_in(clinic.chen.user)

        warned = words(browser.get("/day/"))
        asked = begin(browser, waiting, back="day")
        state = state_of(waiting)
        begin(browser, waiting, back="day", all_the_same="on")

    said = "Removal in Room 1 is due in 5 minutes, this insertion takes 20."
    assert said in warned
    assert asked.status_code == 422
    assert "Start all the same : Bea Brook" in words(asked)
    assert 'name="history_seen" checked' in asked.content.decode()
    assert (state, state_of(waiting)) == ("arrived", "in_session")


def test_start_that_disturbs_nobody_asks_nothing_more(clinic: SmallClinic) -> None:
    under_needles(clinic)
    waiting = booked(clinic, 10, 20, clinic.bea)
    with time_machine.travel(TEN + timedelta(minutes=14)):
        tap(signed_in(clinic.rosa), waiting, "arrived")
        begin(signed_in(clinic.chen.user), waiting)

    assert state_of(waiting) == "in_session"


def test_start_without_the_tick_is_said_on_the_day(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    with time_machine.travel(TEN):
        browser = signed_in(clinic.chen.user)
        tap(browser, visit, "arrived")

        answer = browser.post(f"/day/visits/{visit.public_id}/start/", {"back": "day"})

    assert answer.status_code == 422
    assert "Tick first that you have seen the health history" in words(answer)
    assert "Next for your hands" in words(answer)


def test_retention_is_set_from_the_card(clinic: SmallClinic) -> None:
    visit = under_needles(clinic)
    url = f"/day/visits/{visit.public_id}/retention/"
    with time_machine.travel(TEN + timedelta(minutes=15)):
        browser = signed_in(clinic.chen.user)

        page = browser.post(url, {"minutes": "30", "back": "day"}, follow=True)
        refused = browser.post(url, {"minutes": "37", "back": "day"})

    assert "Alice Arden: needles stay in for 30 minutes." in words(page)
    assert 'data-due="2027-06-07T14:40:00+00:00"' in page.content.decode()
    assert refused.status_code == 422


def test_last_entry_is_taken_back_once(clinic: SmallClinic) -> None:
    visit = under_needles(clinic)
    with time_machine.travel(TEN + timedelta(minutes=12)):
        browser = signed_in(clinic.chen.user)
        url = f"/day/visits/{visit.public_id}/needles/"
        for _tap in range(2):
            browser.post(url, {"act": "undo", "last": "in", "back": "day"})
        page = words(browser.get(f"/day/visits/{visit.public_id}/"))

    assert not Needling.objects.exists()
    assert page.count("Last entry about needles taken back") == 1
    assert "Needles in: 40" in page


def test_lateness_is_pushed_down_the_line(clinic: SmallClinic) -> None:
    booked(clinic)
    after = booked(clinic, 10, 20, clinic.bea)
    with time_machine.travel(TEN + timedelta(minutes=15)):
        browser = signed_in(clinic.chen.user)
        tap(browser, Appointment.objects.exclude(pk=after.pk).get(), "arrived")
        page = words(browser.get("/day/"))

    assert page.count("about 15 minutes late") >= 2


def test_timer_calls_practitioner_at_once_and_desk_after_three_minutes(
    clinic: SmallClinic,
) -> None:
    under_needles(clinic)
    with time_machine.travel(TEN + timedelta(minutes=20)):
        own = signed_in(clinic.chen.user).get("/day/").content.decode()
        desk = signed_in(clinic.rosa).get("/day/").content.decode()

    due = 'data-due="2027-06-07T14:35:00+00:00"'
    assert f'{due} data-alarm="2027-06-07T14:35:00+00:00"' in own
    assert f'{due} data-alarm="2027-06-07T14:38:00+00:00"' in desk


@pytest.mark.parametrize(
    ("minutes", "practitioner", "desk"),
    [
        (34, "", ""),
        (35, "Time is over: Room 1, Chen Li Silence for a minute To the day", ""),
        (37, "Room 1: needles 2 minutes overdue, Chen Li Silence for a minute To the day", ""),
        (
            39,
            "Room 1: needles 4 minutes overdue, Chen Li Silence for a minute To the day",
            "Room 1: needles 4 minutes overdue, Chen Li Silence for a minute To the day",
        ),
    ],
)
def test_overdue_needles_call_on_every_page(
    clinic: SmallClinic, minutes: int, practitioner: str, desk: str
) -> None:
    under_needles(clinic)
    with time_machine.travel(TEN + timedelta(minutes=minutes)):
        told = [
            words(signed_in(user).get("/day/alarms/"))
            for user in (clinic.chen.user, clinic.rosa, clinic.mia)
        ]

    assert told == [practitioner, desk, desk]


def test_strip_leaves_the_location_of_the_page_to_the_page(clinic: SmallClinic) -> None:
    under_needles(clinic)
    with time_machine.travel(TEN + timedelta(minutes=50)):
        browser = signed_in(clinic.rosa)

        here = browser.get("/day/alarms/?but=new-york")
        elsewhere = browser.get("/day/alarms/?but=atlantis")

    assert here.status_code == 204
    assert "Room 1" in words(elsewhere)


def test_strip_calls_beside_the_page_for_needles_of_yesterday(clinic: SmallClinic) -> None:
    under_needles(clinic)
    with time_machine.travel(TEN + timedelta(days=1)):
        page = words(signed_in(clinic.chen.user).get("/day/alarms/?but=new-york"))

    assert "Room 1: needles 23 h 25 min overdue, Chen Li" in page


def test_strip_is_sent_again_only_when_it_says_something_else(clinic: SmallClinic) -> None:
    under_needles(clinic)
    with time_machine.travel(TEN + timedelta(minutes=50), tick=False) as clock:
        browser = signed_in(clinic.rosa)
        first = browser.get("/day/alarms/").content.decode()
        shown = first.split('name="shown" value="')[1].split('"')[0]

        again = browser.get(f"/day/alarms/?shown={shown}").status_code
        clock.shift(60)
        later = browser.get(f"/day/alarms/?shown={shown}").status_code

    assert (again, later) == (204, 200)


def test_other_practitioner_is_not_called(clinic: SmallClinic) -> None:
    under_needles(clinic)
    with time_machine.travel(TEN + timedelta(minutes=50)):
        answer = signed_in(clinic.dora.user).get("/day/alarms/")

    assert answer.status_code == 204


def test_poll_is_answered_with_nothing_until_something_happens(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    with time_machine.travel(TEN, tick=False):
        browser = signed_in(clinic.rosa)
        stamp = stamp_of(browser.get("/day/"))

        same = browser.get(f"/day/board/?stamp={stamp}")
        tap(browser, visit, "arrived")
        changed = browser.get(f"/day/board/?stamp={stamp}")

    assert (same.status_code, same.content) == (204, b"")
    assert same["X-Now"].startswith("2027-06-07T14:00:00")
    assert changed.status_code == 200
    assert "Arrived" in words(changed)
    assert stamp_of(changed) != stamp


def test_stamp_changes_with_needles_and_with_the_minute(clinic: SmallClinic) -> None:
    visit = begin_visit(booked(clinic))
    with time_machine.travel(TEN + timedelta(minutes=9), tick=False) as clock:
        browser = signed_in(clinic.chen.user)
        stamps = [stamp_of(browser.get("/day/board/"))]
        count(browser, visit, "in", "40")
        stamps.append(stamp_of(browser.get("/day/board/")))
        clock.shift(60)
        stamps.append(stamp_of(browser.get("/day/board/")))

    assert len(set(stamps)) == 3


def stamp_of(answer: Any) -> str:
    """Return the stamp of a page or board."""
    return str(answer.content.decode().split('name="stamp" value="')[1].split('"')[0])


@pytest.mark.parametrize("number", [3, 60])
def test_idle_poll_costs_two_queries_beside_the_login(clinic: SmallClinic, number: int) -> None:
    fill(clinic, number)
    browser = signed_in(clinic.rosa)
    stamp = stamp_of(browser.get("/day/"))

    with CaptureQueriesContext(connection) as queries:
        answer = browser.get(f"/day/board/?stamp={stamp}")

    assert answer.status_code == 204
    own = [row["sql"] for row in queries if "catalogueversion" in row["sql"]]
    visits = [row["sql"] for row in queries if "bookings_" in row["sql"]]
    assert (len(own), len(visits)) == (1, 1)


@pytest.mark.parametrize("number", [3, 60])
def test_changed_board_costs_the_same_queries(clinic: SmallClinic, number: int) -> None:
    fill(clinic, number)
    browser = signed_in(clinic.rosa)
    browser.get("/day/")

    with CaptureQueriesContext(connection) as queries:
        browser.get("/day/board/?stamp=old")

    assert len([row for row in queries if "bookings_" in row["sql"]]) == 10


@pytest.mark.parametrize("number", [1, 3])
def test_own_day_costs_the_same_queries(clinic: SmallClinic, number: int) -> None:
    for hour in (10, 12, 14)[:number]:
        booked(clinic, hour)
    browser = signed_in(clinic.chen.user)
    browser.get("/day/")

    with CaptureQueriesContext(connection) as queries:
        browser.get("/day/")

    assert len([row for row in queries if "bookings_" in row["sql"]]) == 9


def test_day_counts_itself(clinic: SmallClinic) -> None:
    finish_visit(booked(clinic, 9))
    missed = booked(clinic, 11, 0, clinic.bea)
    with time_machine.travel(at(TODAY, 12)):
        record_status(
            appointment=missed,
            to_state=Appointment(state="no_show").state_now,
            by=clinic.chen.user,
            now=at(TODAY, 11),
        )
        page = words(signed_in(clinic.chen.user).get("/day/"))

    assert "1 done 1 did not come 0 not treated 0 cancelled 1 with needles, all counted" in page


def test_visit_left_open_in_session_asks_for_its_numbers_first(clinic: SmallClinic) -> None:
    visit = under_needles(clinic)
    with time_machine.travel(at(TODAY, 19)):
        browser = signed_in(clinic.chen.user)

        before = words(browser.get("/left-open/"))
        after = words(count(browser, visit, "out", "40", back="left-open"))
        tap(browser, visit, "completed", back="left-open")

    assert "How many needles came out?" in before
    assert "Complete : Alice Arden" not in before
    assert "Complete : Alice Arden" in after
    assert state_of(visit) == "completed"


def test_visit_page_tells_numbers_only_to_who_treats(clinic: SmallClinic) -> None:
    visit = under_needles(clinic)
    record_needles_out(
        appointment=visit, count=40, by=clinic.chen.user, now=TEN + timedelta(minutes=36)
    )

    with time_machine.travel(TEN + timedelta(minutes=40)):
        url = f"/day/visits/{visit.public_id}/"
        chens, rosas, mias = (
            words(signed_in(user).get(url)) for user in (clinic.chen.user, clinic.rosa, clinic.mia)
        )

    assert "40 needles in, 40 removed" in chens
    assert "Needles in: 40 Monday 7 June, 10:10am, Chen Li" in chens
    assert "Needles removed: 40 Monday 7 June, 10:36am, Chen Li" in chens
    for page in (rosas, mias):
        assert "Needles removed and counted" in page
        assert "Needles in Monday 7 June, 10:10am, Chen Li" in page
        assert "Needles removed Monday 7 June, 10:36am, Chen Li" in page
        assert "40 needles" not in page
        assert ": 40" not in page


@pytest.mark.parametrize(
    ("out", "said"),
    [
        (None, "Needles in, due out at 10:35am"),
        (38, "Needles removed, not settled yet"),
        (40, "Needles removed and counted"),
    ],
)
@pytest.mark.parametrize("path", ["/day/", "/day/board/", "/left-open/"])
def test_desk_sees_how_needles_stand_and_no_numbers(
    path: str, out: int | None, said: str, clinic: SmallClinic
) -> None:
    visit = under_needles(clinic)
    if out is not None:
        removed_at = TEN + timedelta(minutes=36)
        record_needles_out(appointment=visit, count=out, by=clinic.chen.user, now=removed_at)

    with time_machine.travel(TEN + timedelta(hours=2)):
        page = words(signed_in(clinic.rosa).get(path))

    assert said in page
    assert "40 needles" not in page
    assert "38" not in page


def test_board_of_another_day_has_no_moment(clinic: SmallClinic) -> None:
    tomorrow = TODAY + timedelta(days=1)
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(tomorrow, 10), now=NOW)

    page = words(signed_in(clinic.chen.user).get(f"/day/?date={tomorrow.isoformat()}"))

    assert "Alice Arden" in page
    assert "Next for your hands" not in page
