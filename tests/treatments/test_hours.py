"""Hours and time off through the pages: what is shown, what breaks, what is saved."""

from datetime import date, time, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.models import Appointment, TimeOff
from clinic.models import RosterException, RosterHours
from tests.factories.bookings import book_visit
from tests.factories.clinic import SmallClinic, at, make_client, make_location, make_room
from tests.support.desk import signed_in, words
from treatments.views import hours_flow

TUESDAY = date(2027, 6, 8)


def url(name: str, clinic: SmallClinic, *more: object, **query: object) -> str:
    path = reverse(name, args=[clinic.chen.public_id, *more])
    return f"{path}?{urlencode(query)}" if query else path


def week(starts: str, ends: str, **other: object) -> dict[str, object]:
    days = {
        f"on{day}_0_{side}": value
        for day in range(1, 6)
        for side, value in (("from", starts), ("to", ends))
    }
    return {"first": "2027-06-08", **days, **other}


def seen_in(answer) -> dict[str, str]:
    """Return what the form of a preview sends."""
    return dict(answer.context["answers"])


def save(browser, path: str, answers: dict[str, object], **more: str):
    """Look, then save what was seen."""
    looked = browser.get(path, answers)
    assert looked.status_code == 200
    return browser.post(path, {**seen_in(looked), **more}, follow="then" not in more)


@pytest.fixture
def visit(clinic) -> Appointment:
    """Book Alice with Chen on Tuesday at 9."""
    return book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))


def test_own_page_shows_week_dates_and_time_off(clinic):
    RosterException.objects.create(practitioner=clinic.chen, location=clinic.location, date=TUESDAY)
    browser = signed_in(clinic.chen.user)
    save(
        browser,
        url("hours-off", clinic),
        {"kind": "away", "first": "2027-06-09", "clock": "new-york"},
    )

    page = words(browser.get("/hours/", follow=True))

    assert "My hours" in page
    assert "Monday 9am to 5pm" in page
    assert "Saturday not working" in page
    assert "Tuesday 8 June 2027 not working there New York time" in page
    assert "Wednesday 9 June 2027 Time off" in page


def test_desk_chooses_whose_hours_and_managers_alone_change_the_week(clinic):
    assert "Chen Li Dora Novak" in words(signed_in(clinic.rosa).get("/hours/"))

    at_desk = words(signed_in(clinic.rosa).get(url("hours-of", clinic)))
    manager = words(signed_in(clinic.mia).get(url("hours-of", clinic)))

    assert ("Off today" in at_desk, "Change the week" in at_desk) == (True, False)
    assert "Change the week" in manager


def test_time_off_is_two_taps_and_visits_stay(clinic, visit):
    browser = signed_in(clinic.chen.user)
    today = browser.get(url("hours-of", clinic)).context["quick"][1]["url"]

    looked = browser.get(today)
    page = words(looked)
    saved = words(browser.post(url("hours-off", clinic), seen_in(looked), follow=True))

    visit.refresh_from_db()
    assert "1 booked visit is in the way" in page
    assert "Tuesday 8 June, 9am Alice Arden, Follow up" in page
    assert "Saved. 1 visit stays booked and stands on the cover list." in saved
    assert "1 visit needs cover" in saved
    assert (TimeOff.objects.get().starts_at, visit.state) == (at(TUESDAY, 0), "booked")


def test_saving_leads_to_cover_when_asked(clinic, visit):
    answers = {"kind": "away", "first": "2027-06-08", "last": "2027-06-10", "clock": "new-york"}

    answer = save(signed_in(clinic.rosa), url("hours-off", clinic), answers, then="cover")

    assert answer.status_code == 302
    assert answer["Location"] == (
        f"/cover/new/?practitioner={clinic.chen.public_id}&cause=away&from=2027-06-08&to=2027-06-10"
    )


def test_hours_within_a_day_cover_only_what_is_in_the_way(clinic, visit):
    answers = {
        "kind": "blocked",
        "first": "2027-06-08",
        "starts": "08:00",
        "ends": "09:30",
        "clock": "new-york",
    }

    answer = save(signed_in(clinic.rosa), url("hours-off", clinic), answers, then="cover")

    assert answer["Location"].endswith("&cause=hours&from=2027-06-08&to=2027-06-08")
    assert TimeOff.objects.values_list("kind", "ends_at").get() == ("blocked", at(TUESDAY, 9, 30))


def test_week_from_a_day_on_is_shown_and_saved(clinic, visit):
    path = url("hours-week", clinic, "new-york")
    browser = signed_in(clinic.chen.user)

    page = words(browser.get(path, week("10:00", "17:00")))
    saved = words(save(browser, path, week("10:00", "17:00")))

    assert "From Tuesday 8 June 2027 on, New York time: Monday: 10am to 5pm" in page
    assert "Alice Arden" in page
    assert "From Tuesday 8 June 2027 Monday 10am to 5pm" in saved
    assert RosterHours.objects.filter(valid_to=date(2027, 6, 7)).count() == 5
    assert Appointment.objects.get().state == "booked"


def test_form_offers_the_week_as_it_is(clinic):
    form = signed_in(clinic.chen.user).get(url("hours-week", clinic, "new-york")).context["form"]

    assert form["on1_0_from"].value() == time(9)
    assert form["on6_0_from"].value() is None


@pytest.mark.parametrize(
    ("answers", "field", "said"),
    [
        (week("17:00", "10:00"), "on1_0_to", "Hours end after they start"),
        (week("10:00", ""), "on1_0_to", "Enter both times"),
        (week("10:00", "25:00"), "on1_0_to", "Enter a time, such as 09:30."),
        (week("10:00", "17:00", on1_1_from="16:00", on1_1_to="18:00"), "on1_1_from", "overlap"),
        (week("10:00", "17:00", first="soon"), "first", "Enter a date"),
        (week("10:00", "17:00", first="2027-06-06"), "first", "Choose today or a later day."),
        (week("10:00", "17:00", first="9999-12-31"), "first", "Enter a date"),
    ],
)
def test_bad_week_is_told_at_the_field_and_kept(clinic, answers, field, said):
    browser = signed_in(clinic.chen.user)

    for answer in (
        browser.get(url("hours-week", clinic, "new-york"), answers),
        browser.post(url("hours-week", clinic, "new-york"), answers),
    ):
        assert answer.status_code == 422
        assert said in " ".join(answer.context["form"].errors[field])
        assert answer.context["form"]["on2_0_from"].value() == answers["on2_0_from"]
    assert RosterHours.objects.filter(practitioner=clinic.chen, valid_to=None).count() == 5


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"last": "2027-06-07"}, "last"),
        ({"starts": "12:00", "ends": "11:00"}, "ends"),
        ({"first": ""}, "first"),
        ({"first": "2027-02-30"}, "first"),
        ({"kind": "closure"}, "kind"),
        ({"clock": "mars"}, "clock"),
        ({"first": "2027-06-01"}, "last"),
        ({"starts": "9"}, "starts"),
    ],
)
def test_bad_time_off_is_told_at_the_field(clinic, answers, field):
    sent = {"kind": "away", "first": "2027-06-08", "clock": "new-york", **answers}

    answer = signed_in(clinic.chen.user).post(url("hours-off", clinic), sent)

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not TimeOff.objects.exists()


def test_visit_booked_meanwhile_is_shown_before_anything_is_saved(clinic):
    browser = signed_in(clinic.chen.user)
    path = url("hours-off", clinic)
    looked = browser.get(path, {"kind": "away", "first": "2027-06-08", "clock": "new-york"})
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    again = browser.post(path, seen_in(looked))
    saved = browser.post(path, seen_in(again))

    assert again.status_code == 409
    assert "The diary changed while you looked" in words(again)
    assert "Alice Arden" in words(again)
    assert (saved.status_code, TimeOff.objects.count()) == (302, 1)


def test_many_visits_in_the_way_unfold(clinic, visit, monkeypatch):
    monkeypatch.setattr(hours_flow, "SHOWN", 1)
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 12))
    sent = {"kind": "away", "first": "2027-06-08", "clock": "new-york"}

    page = words(signed_in(clinic.chen.user).get(url("hours-off", clinic), sent))

    assert "2 booked visits are in the way" in page
    assert page.index("Alice Arden") < page.index("And 1 more") < page.index("Bea Brook")


def test_second_click_saves_once(clinic):
    browser = signed_in(clinic.chen.user)
    path = url("hours-off", clinic)
    looked = browser.get(path, {"kind": "away", "first": "2027-06-08", "clock": "new-york"})

    codes = [browser.post(path, seen_in(looked)).status_code for _click in range(2)]

    assert (codes, TimeOff.objects.count()) == ([302, 302], 1)


def test_back_keeps_what_was_filled_in(clinic):
    browser = signed_in(clinic.chen.user)
    looked = browser.get(url("hours-week", clinic, "new-york"), week("10:30", "17:00"))

    form = browser.get(looked.context["edit_url"]).context["form"]

    assert (form["on1_0_from"].value(), form.errors) == ("10:30", {})


def test_day_off_other_hours_and_usual_again(clinic, visit):
    browser = signed_in(clinic.chen.user)
    path = url("hours-date", clinic)
    asked = {"place": "new-york", "day": "2027-06-08"}

    save(browser, path, {**asked, "what": "other", "at_0_from": "12:00", "at_0_to": "20:00"})
    assert RosterException.objects.values_list("starts", "ends").get() == (time(12), time(20))
    page = browser.get(url("hours-of", clinic))
    assert "Tuesday 8 June 2027 midday to 8pm" in words(page)
    usual = browser.get(page.context["dates"][0]["usual_url"])
    assert "the usual hours of the week" in words(usual)
    browser.post(path, seen_in(usual))

    assert not RosterException.objects.exists()


def test_address_with_something_else_in_it_is_the_plain_form(clinic):
    browser = signed_in(clinic.chen.user)

    assert browser.get(url("hours-off", clinic, page=2)).status_code == 200
    assert browser.post(url("hours-off", clinic), {"page": 2}).status_code == 422
    assert browser.get(url("hours-off-change", clinic, 10**30)).status_code == 404


def test_day_off_on_a_clock_change_is_as_long_as_the_day(clinic):
    browser = signed_in(clinic.chen.user)
    for day, hours in (("2028-03-12", 23), ("2027-11-07", 25)):
        sent = {"kind": "away", "first": day, "clock": "new-york"}

        save(browser, url("hours-off", clinic), sent)

        taken = TimeOff.objects.latest("pk")
        assert taken.ends_at - taken.starts_at == timedelta(hours=hours)


def test_times_that_the_clocks_skip_are_told_so(clinic):
    answers = {"kind": "blocked", "first": "2028-03-12", "starts": "02:15", "ends": "02:45"}

    answer = signed_in(clinic.mia).get(url("hours-off", clinic, **answers, clock="new-york"))

    assert answer.status_code == 422
    assert "The clocks go forward then" in words(answer)
    assert "It ends after it begins" not in words(answer)


def test_other_hours_need_hours(clinic):
    sent = {"place": "new-york", "day": "2027-06-08", "what": "other"}

    answer = signed_in(clinic.chen.user).get(url("hours-date", clinic), sent)

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["at_0_from"])


def test_time_off_is_shortened_and_ended(clinic):
    browser = signed_in(clinic.chen.user)
    sent = {"kind": "away", "first": "2027-06-08", "last": "2027-06-11", "clock": "new-york"}
    save(browser, url("hours-off", clinic), sent)
    number = TimeOff.objects.get().pk
    form = browser.get(url("hours-off-change", clinic, number)).context["form"]
    assert (form["first"].value(), form["last"].value()) == (TUESDAY, date(2027, 6, 11))

    save(browser, url("hours-off-change", clinic, number), {**sent, "last": "2027-06-08"})
    assert TimeOff.objects.get().ends_at == at(TUESDAY + timedelta(days=1), 0)
    browser.post(url("hours-off-end", clinic, number))

    assert not TimeOff.objects.exists()
    assert browser.post(url("hours-off-end", clinic, number)).status_code == 404


@pytest.mark.parametrize("who", ["dora", "alice"])
def test_stranger_finds_nothing_to_post_to(clinic, who):
    browser = signed_in(getattr(clinic, who).user)
    away = TimeOff.objects.create(
        kind="away", practitioner=clinic.chen, starts_at=at(TUESDAY, 9), ends_at=at(TUESDAY, 10)
    )
    pages = (
        (url("hours-week", clinic, "new-york"), week("10:00", "17:00")),
        (url("hours-date", clinic), {"place": "new-york", "day": "2027-06-08", "what": "off"}),
        (url("hours-off", clinic), {"kind": "away", "first": "2027-06-08", "clock": "new-york"}),
        (url("hours-off-change", clinic, away.pk), {"first": "2027-06-08"}),
        (url("hours-off-end", clinic, away.pk), {}),
    )

    assert {browser.post(path, sent).status_code for path, sent in pages} == {404}


def test_reception_does_not_change_the_week(clinic):
    answer = signed_in(clinic.rosa).post(
        url("hours-week", clinic, "new-york"), week("10:00", "17:00")
    )

    assert answer.status_code == 404


def test_time_off_of_somebody_else_is_not_under_this_name(clinic):
    away = TimeOff.objects.create(
        kind="away", practitioner=clinic.dora, starts_at=at(TUESDAY, 9), ends_at=at(TUESDAY, 10)
    )

    answer = signed_in(clinic.chen.user).get(url("hours-off-change", clinic, away.pk))

    assert answer.status_code == 404


def test_hours_in_two_zones_are_each_on_their_own_clock(clinic):
    london = make_location("london", "Europe/London")
    make_room(london, "Room L", [clinic.follow_up])
    browser = signed_in(clinic.chen.user)
    path = url("hours-week", clinic, "london")
    sunday = {"first": "2027-06-08", "on7_0_from": "08:00", "on7_0_to": "12:00"}

    page = words(save(browser, path, sunday))
    refused = browser.get(path, {"first": "2027-06-08", "on2_0_from": "13:00", "on2_0_to": "15:00"})

    assert "The week in London London time" in page
    assert "Sunday 8am to midday" in page
    assert "overlaps the hours in New York: Tuesday 8 June 2027, 9am to 10am, New York time" in (
        " ".join(refused.context["form"].errors["on2_0_from"])
    )


def test_time_off_in_two_zones_asks_whose_clock(clinic):
    make_location("london", "Europe/London")
    RosterHours.objects.create(
        practitioner=clinic.chen,
        location=type(clinic.location).objects.get(slug="london"),
        weekday=7,
        starts=time(8),
        ends=time(12),
        valid_from=TUESDAY,
    )
    browser = signed_in(clinic.chen.user)

    page = words(
        save(
            browser,
            url("hours-off", clinic),
            {"kind": "away", "first": "2027-11-07", "clock": "london"},
        )
    )

    # London is back on winter time, New York goes back that night.
    assert TimeOff.objects.get().starts_at.isoformat() == "2027-11-07T00:00:00+00:00"
    assert "Sunday 7 November 2027 Time off" in page


@pytest.mark.parametrize("count", [1, 3])
def test_queries_of_the_page_do_not_grow(clinic, count):
    for number in range(count):
        client = make_client(f"C{number} X", login=False)
        book_visit(
            client, clinic.follow_up, clinic.location, at(TUESDAY, 9 + number), by=clinic.rosa
        )
        day = TUESDAY + timedelta(days=1 + number)
        TimeOff.objects.create(
            kind="away", practitioner=clinic.chen, starts_at=at(day, 0), ends_at=at(day, 23)
        )
        RosterException.objects.create(
            practitioner=clinic.chen, location=clinic.location, date=day, starts=None, ends=None
        )
    browser = signed_in(clinic.chen.user)
    browser.get(url("hours-of", clinic))

    with CaptureQueriesContext(connection) as page:
        browser.get(url("hours-of", clinic))
    with CaptureQueriesContext(connection) as look:
        browser.get(
            url("hours-date", clinic), {"place": "new-york", "day": "2027-06-08", "what": "off"}
        )

    assert (len(page), len(look)) == (11, 13)
