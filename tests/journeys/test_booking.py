"""A visitor finds a time, holds it, says who comes, and books."""

from datetime import date, timedelta

from django.test import Client as Browser
from django.urls import reverse

from bookings.models import Appointment
from bookings.tasks import sweep_expired_holds
from bookings.views.picker import value_of
from clinic.models import Client
from clinic.refusals import Busy
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_client
from tests.support.walking import (
    check_url,
    enter_code,
    hold_time,
    say_who,
    sent_code,
    text_of,
    times_url,
    walk_to_check,
)

TUESDAY = date(2027, 6, 8)
NINE = at(TUESDAY, 9)


def booked() -> list[Appointment]:
    return list(Appointment.objects.filter(state="booked"))


def test_visitor_books_from_front_page_to_booked(clinic, visitor):
    # Given a visitor on the front page
    assert "Next free times, New York" in text_of(visitor.get(reverse("home")))

    # When they choose, hold, say who they are, enter the code and check
    visitor.get(reverse("book"), {"service": "follow-up", "go": "1"}, follow=True)
    page = visitor.get(times_url(clinic, date="2027-06-08"))
    assert "Tuesday 8 June" in text_of(page)
    hold = hold_time(visitor, clinic, NINE)
    assert say_who(visitor, hold).url == reverse("hold-code", args=[hold.public_id])
    assert enter_code(visitor, hold).url == check_url(hold)
    checked = text_of(visitor.get(check_url(hold)))
    answer = visitor.post(check_url(hold))

    # Then they saw it all before, and it is theirs
    for words in ("Tuesday 8 June, 9am", "Chen Li", "New York time", "$120", "Ella Ember"):
        assert words in checked
    assert answer.url == reverse("appointment-booked", args=[hold.public_id])
    assert "nothing more to do" in text_of(visitor.get(answer.url))
    ella = Client.objects.get(name="Ella Ember")
    assert [(v.client, v.starts_at) for v in booked()] == [(ella, NINE)]
    assert (ella.user.email, str(ella.phone)) == ("ella@example.com", "+12125550133")
    assert ella.adult_declared_at is not None


def test_signed_in_client_with_details_skips_to_check(clinic, visitor):
    visitor.force_login(clinic.alice.user)

    hold = hold_time(visitor, clinic, NINE)
    answer = visitor.get(reverse("hold-details", args=[hold.public_id]))

    assert answer.url == check_url(hold)


def test_details_can_be_changed_and_come_straight_back(clinic, visitor):
    hold = walk_to_check(visitor, clinic, NINE)
    details = reverse("hold-details", args=[hold.public_id])

    page = visitor.get(details + "?change=1")
    answer = visitor.post(
        details + "?change=1", {"name": "Ella E.", "phone": "2125550134", "adult": "on"}
    )

    assert 'value="Ella Ember"' in page.content.decode()
    assert answer.url == check_url(hold)
    assert Client.objects.get(user__email="ella@example.com").name == "Ella E."


def test_other_time_replaces_hold_and_comes_back_to_check(clinic, visitor):
    first = walk_to_check(visitor, clinic, NINE)

    second = hold_time(visitor, clinic, at(TUESDAY, 11))
    answer = visitor.get(reverse("hold-details", args=[second.public_id]))

    first.refresh_from_db()
    assert (first.state, second.state) == ("expired", "held")
    assert answer.url == check_url(second)


def test_double_click_books_once(clinic, visitor):
    hold = walk_to_check(visitor, clinic, NINE)

    answers = [visitor.post(check_url(hold)).url for _click in range(2)]

    assert answers == [reverse("appointment-booked", args=[hold.public_id])] * 2
    assert len(booked()) == 1


def test_two_tabs_with_the_same_hold_book_once(clinic, visitor):
    hold = walk_to_check(visitor, clinic, NINE)
    other_tab = Browser()
    other_tab.cookies = visitor.cookies

    visitor.post(check_url(hold))
    other_tab.post(check_url(hold))

    assert len(booked()) == 1


def test_back_after_booking_leads_to_the_booked_page(clinic, visitor):
    hold = walk_to_check(visitor, clinic, NINE)
    visitor.post(check_url(hold))

    for step in ("hold-details", "hold-check"):
        answer = visitor.get(reverse(step, args=[hold.public_id]), follow=True)
        assert "You are booked" in text_of(answer)
    released = visitor.post(reverse("hold-release", args=[hold.public_id]))

    assert released.url == reverse("appointment", args=[hold.public_id])
    assert len(booked()) == 1


def test_older_hold_of_another_tab_leads_to_the_newer_one(clinic, visitor):
    first = hold_time(visitor, clinic, NINE)
    second = hold_time(visitor, clinic, at(TUESDAY, 11))

    answer = visitor.get(reverse("hold-details", args=[first.public_id]))

    assert answer.url == reverse("hold-details", args=[second.public_id])


def test_stale_check_page_never_books_the_older_time(clinic, visitor):
    first = walk_to_check(visitor, clinic, NINE)
    second = hold_time(visitor, clinic, at(TUESDAY, 11))

    answer = visitor.post(check_url(first))

    assert answer.url == reverse("hold-details", args=[second.public_id])
    assert booked() == []


def test_lost_time_keeps_what_was_typed_and_offers_the_nearest_three(clinic, visitor, clock):
    # Given a visitor at the last step whose time ran out, and a rival who took it
    hold = walk_to_check(visitor, clinic, NINE)
    clock.shift(timedelta(minutes=11))
    later = NOW + timedelta(minutes=11)
    book_visit(clinic.alice, clinic.first_visit, clinic.location, NINE, now=later)

    # When they book
    lost = visitor.post(check_url(hold))

    # Then they see what happened, and one click holds another
    words = text_of(lost)
    assert lost.status_code == 409
    assert "What you told us is kept" in words
    assert "Times on Tuesday 8 June" in words
    values = [
        line.split('value="')[1].split('"')[0]
        for line in lost.content.decode().split("<button")
        if 'name="time" value="' in line
    ]
    assert len(values) == 3
    answer = visitor.post(times_url(clinic), {"time": values[0]}, follow=True)
    assert "Check your answers" in text_of(answer)
    assert "Ella Ember" in text_of(answer)


def test_time_taken_while_choosing_offers_the_nearest(clinic, visitor):
    book_visit(clinic.alice, clinic.first_visit, clinic.location, NINE)

    answer = visitor.post(times_url(clinic), {"time": "2027-06-08T13:00:00Z"})

    assert answer.status_code == 409
    assert "That time has just gone" in text_of(answer)
    assert answer.content.decode().count('name="time" value="') >= 3


def test_hold_that_ran_out_but_is_free_still_books(clinic, visitor, clock):
    hold = walk_to_check(visitor, clinic, NINE)
    clock.shift(timedelta(minutes=11))

    page = text_of(visitor.get(check_url(hold)))
    answer = visitor.post(check_url(hold))

    assert "We no longer keep this time" in page
    assert answer.url == reverse("appointment-booked", args=[hold.public_id])


def test_hold_can_be_extended_once(clinic, visitor):
    hold = hold_time(visitor, clinic, NINE)
    extend = reverse("hold-extend", args=[hold.public_id]) + "?to=details"
    assert extend in visitor.get(reverse("hold-details", args=[hold.public_id])).content.decode()

    first = text_of(visitor.post(extend, follow=True))
    second = text_of(visitor.post(extend, follow=True))

    assert "a little longer" in first
    assert "could not keep this time any longer" in second
    hold.refresh_from_db()
    assert hold.hold_extended
    assert "I need more time" not in first


def test_release_frees_the_time(clinic, visitor):
    hold = hold_time(visitor, clinic, NINE)

    answer = visitor.post(reverse("hold-release", args=[hold.public_id]), follow=True)

    hold.refresh_from_db()
    assert hold.state == "expired"
    assert "Nothing is booked" in text_of(answer)


def test_stranger_finds_no_hold(clinic, visitor):
    hold = hold_time(visitor, clinic, NINE)
    stranger = Browser()

    for step in ("hold-details", "hold-code", "hold-check"):
        assert stranger.get(reverse(step, args=[hold.public_id])).status_code == 404
    for step in ("hold-extend", "hold-release", "hold-check"):
        assert stranger.post(reverse(step, args=[hold.public_id])).status_code == 404


def test_wrong_code_is_told_and_can_be_sent_again(clinic, visitor):
    hold = hold_time(visitor, clinic, NINE)
    say_who(visitor, hold)
    code = reverse("hold-code", args=[hold.public_id])
    wrong = "000000" if sent_code() != "000000" else "111111"

    answer = visitor.post(code, {"code": wrong})
    again = visitor.post(code, {"again": "1"}, follow=True)

    assert answer.status_code == 422
    assert "not the code" in text_of(answer)
    assert "A new code is on its way" in text_of(again)
    assert enter_code(visitor, hold).url == check_url(hold)


def test_minor_is_told_at_the_box_and_nothing_is_lost(clinic, visitor):
    hold = hold_time(visitor, clinic, NINE)
    answer = visitor.post(
        reverse("hold-details", args=[hold.public_id]),
        {"name": "Ella Ember", "email": "ella@example.com", "phone": "212 555 0133"},
    )

    assert answer.status_code == 422
    assert "We treat adults only" in text_of(answer)
    assert 'value="Ella Ember"' in answer.content.decode()
    assert "There is a problem" in text_of(answer)


def test_client_with_three_visits_is_told_to_call(clinic, visitor):
    visitor.force_login(clinic.alice.user)
    for hour in (9, 11, 13):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 9), hour))
    hold = hold_time(visitor, clinic, NINE)

    answer = visitor.post(check_url(hold))

    assert answer.status_code == 422
    assert "3 visits booked already" in text_of(answer)


def test_record_entered_by_reception_is_claimed(clinic, visitor):
    record = make_client("Ella Old", login=False, email="ella@example.com", adult_declared_at=None)

    hold = walk_to_check(visitor, clinic, NINE)
    visitor.post(check_url(hold))

    record.refresh_from_db()
    assert (record.user.email, record.name) == ("ella@example.com", "Ella Ember")
    assert [visit.client for visit in booked()] == [record]


def test_returning_service_tells_a_visitor_to_sign_in(clinic, visitor):
    clinic.follow_up.bookable_by = "returning"
    clinic.follow_up.save()

    page = visitor.get(reverse("book"))
    answer = visitor.post(times_url(clinic), {"time": "2027-06-08T13:00:00Z"})

    assert "Sign in to book one of them" in text_of(page)
    assert answer.status_code == 422
    assert "sign in first" in text_of(answer)


def test_too_many_holds_a_minute_are_refused_in_words(clinic, visitor, settings):
    settings.PAGE_LIMITS = {"hold": 2}
    for hour in (9, 10):
        hold_time(visitor, clinic, at(TUESDAY, hour))

    answer = visitor.post(times_url(clinic), {"time": "2027-06-08T15:00:00Z"})

    assert answer.status_code == 429
    assert "Please wait a minute" in text_of(answer)


def test_what_was_typed_outlives_a_hold_that_was_swept_away(clinic, visitor, clock):
    hold = hold_time(visitor, clinic, NINE)
    clock.shift(timedelta(minutes=11))
    sweep_expired_holds()

    lost = visitor.post(
        reverse("hold-details", args=[hold.public_id]), {"name": "Ella Ember", "phone": "1"}
    )
    page = visitor.get(lost.url)
    new = hold_time(visitor, clinic, at(TUESDAY, 10))
    form = visitor.get(reverse("hold-details", args=[new.public_id])).content.decode()

    assert "ran out. What you told us is kept." in text_of(page)
    assert "The nearest free times" in text_of(page)
    assert 'value="Ella Ember"' in form


def test_one_address_does_not_hold_all_times_of_the_day(clinic, settings):
    settings.PAGE_LIMITS = {"hold": 30, "hold_in_ten_minutes": 2}
    for hour in (9, 11):
        hold_time(Browser(), clinic, at(TUESDAY, hour))

    answer = Browser().post(times_url(clinic), {"time": value_of(at(TUESDAY, 13))})

    assert answer.status_code == 429
    assert Appointment.objects.filter(state="held").count() == 2


def test_code_entered_after_emptied_details_does_not_wipe_the_record(clinic, visitor):
    record = make_client("Ella Ember", login=False, email="ella@example.com")
    hold = hold_time(visitor, clinic, NINE)
    say_who(visitor, hold)
    say_who(visitor, hold, name="", phone="not a number")

    enter_code(visitor, hold)

    record.refresh_from_db()
    assert (record.user.email, record.name, str(record.phone)) == (
        "ella@example.com",
        "Ella Ember",
        "+12125550111",
    )


def test_letting_go_of_a_visit_booked_in_another_tab_shows_the_visit(clinic, visitor):
    hold = walk_to_check(visitor, clinic, NINE)
    visitor.post(check_url(hold))
    Appointment.objects.filter(pk=hold.pk).update(state="arrived")

    answer = visitor.post(reverse("hold-release", args=[hold.public_id]))

    assert answer.url == reverse("appointment", args=[hold.public_id])


def test_busy_clinic_lets_nobody_go_with_a_crash(clinic, visitor, monkeypatch):
    hold = hold_time(visitor, clinic, NINE)

    def busy(**_):
        raise Busy

    monkeypatch.setattr("bookings.views.holding.release_hold", busy)
    answer = visitor.post(reverse("hold-release", args=[hold.public_id]), follow=True)

    assert answer.status_code == 200
    assert "Many people are booking right now." in text_of(answer)
