"""A booked course over its pages: moved, cancelled, paused, stopped, given-when-then."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.services.cancelling import cancel_appointment
from bookings.services.status import record_status
from bookings.views.picker import value_of
from clinic.models import Service
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at
from tests.factories.courses import make_course
from tests.support.walking import text_of
from treatments.models import Course, Session
from treatments.selectors.courses import view_of

pytestmark = pytest.mark.django_db

# Ten Mondays from 7 June 2027, at 9; session 3 is on 21 June.
WEDNESDAY = date(2027, 6, 23)
FRIDAY = date(2027, 6, 25)


@pytest.fixture
def course(clinic):
    return make_course(clinic)


@pytest.fixture
def alice(clinic, visitor):
    visitor.force_login(clinic.alice.user)
    return visitor


@pytest.fixture
def rosa(clinic):
    browser = Browser()
    browser.force_login(clinic.rosa)
    return browser


def page(course, name="", *more, side="my-course"):
    return reverse(f"{side}-{name}" if name else side, args=[course.public_id, *more])


def seen(course):
    return view_of(Course.objects.with_people().get(pk=course.pk))


def dates(course):
    return [item.date for item in seen(course).sessions]


def visit(course, number):
    found = seen(course).session(number).visit
    return Appointment.objects.with_people().get(pk=found.pk)


def tokens(answer):
    return re.findall(r'name="token" value="([^"]+)"', answer.content.decode())


def look_at_move(browser, course, on, *, number=3, repair="", side="my-course"):
    query = {"time": value_of(at(on, 9)), "repair": repair}
    return browser.get(page(course, "move", number, side=side), query)


def test_client_moves_session_3_and_the_others_stay(course, alice):
    # Given a client at their course
    before = dates(course)
    shown = text_of(alice.get(page(course)))
    assert "Session 1 of 10" in shown
    assert "7 days after session 2" in shown

    # When they choose Wednesday for session 3, look, and confirm
    picker = text_of(alice.get(page(course, "move", 3)))
    looked = look_at_move(alice, course, WEDNESDAY)
    assert dates(course) == before
    answer = alice.post(page(course, "move", 3), {"token": tokens(looked)[0]}, follow=True)

    # Then session 3 has moved, and no other
    assert "Wednesday 23 June 2027, moves nothing else" in picker
    assert "Only session 3 moves." in text_of(looked)
    assert "Done: 1 date changed." in text_of(answer)
    assert dates(course) == [*before[:2], WEDNESDAY, *before[3:]]


def test_far_move_recommends_the_smallest_repair_and_hides_the_other_ways(course, alice):
    looked = look_at_move(alice, course, FRIDAY)
    words = text_of(looked)
    keep = look_at_move(alice, course, FRIDAY, repair="keep")
    shift = look_at_move(alice, course, FRIDAY, repair="shift")

    assert "Session 3 moves, and 1 other date with it." in words
    assert len(tokens(looked)) == 1
    assert "Keep all other dates" in words.split("Other ways")[1]
    assert keep.status_code == 409
    assert "Nothing was changed." in text_of(keep)
    assert tokens(keep) == []
    assert "Session 3 moves, and 7 other dates with it." in text_of(shift)


def test_second_click_on_confirm_changes_nothing_more(course, alice):
    token = tokens(look_at_move(alice, course, WEDNESDAY))[0]
    alice.post(page(course, "move", 3), {"token": token})
    standing = dates(course)

    answer = alice.post(page(course, "move", 3), {"token": token}, follow=True)

    assert "Somebody changed this a moment ago" in text_of(answer)
    assert dates(course) == standing
    assert visit(course, 3).client_moves == 1


def test_time_taken_after_the_look_shows_what_is_free(clinic, course, alice):
    token = tokens(look_at_move(alice, course, WEDNESDAY))[0]
    book_visit(clinic.bea, clinic.first_visit, clinic.location, at(WEDNESDAY, 9))
    before = dates(course)

    answer = alice.post(page(course, "move", 3), {"token": token})

    assert answer.status_code == 409
    assert "Nothing was changed. Here is what is free." in text_of(answer)
    assert dates(course) == before


@pytest.mark.parametrize("token", ["", "nonsense", "a:b:c", "x" * 7000])
def test_token_that_nobody_signed_changes_nothing(course, alice, token):
    before = dates(course)

    for name in ("move", "cancel"):
        assert alice.post(page(course, name, 3), {"token": token}).status_code == 302
    for name in ("pause", "missing"):
        assert alice.post(page(course, name), {"token": token}).status_code == 302

    assert dates(course) == before


def test_token_of_another_course_changes_nothing(clinic, course, alice):
    other = make_course(clinic, client=clinic.bea)
    token = tokens(look_at_move(alice, course, WEDNESDAY))[0]
    bea = Browser()
    bea.force_login(clinic.bea.user)

    bea.post(page(other, "move", 3), {"token": token})

    assert WEDNESDAY not in [*dates(course), *dates(other)]


@pytest.mark.parametrize(
    "query",
    [
        "time=nonsense",
        "time=9999-12-31T23:59:59Z",
        "on=2027-13-40",
        "on=1900-01-01",
        "page=-1",
        "page=999999999999999999999",
        "repair=nonsense&time=2027-06-23T13:00:00Z",
    ],
)
def test_query_that_makes_no_sense_is_as_if_not_asked(course, alice, query):
    assert alice.get(f"{page(course, 'move', 3)}?{query}").status_code == 200


def test_session_that_is_not_there_is_not_found(course, alice):
    for number in (0, 11, 999999999):
        assert alice.get(page(course, "move", number)).status_code == 404
        assert alice.get(page(course, "cancel", number)).status_code == 404


def test_visit_too_soon_leads_to_asking(clinic, course, alice, clock):
    clock.move_to(visit(course, 1).starts_at - timedelta(hours=2))

    shown = alice.get(page(course)).content.decode()
    answer = alice.get(page(course, "move", 1))

    ask = reverse("appointment-ask", args=[visit(course, 1).public_id])
    assert answer.url == ask
    assert ask in shown


def test_visit_says_which_session_it_is_and_leads_to_its_course(clinic, course, alice):
    third = visit(course, 3)

    shown = alice.get(reverse("appointment", args=[third.public_id]))
    moved = alice.get(reverse("appointment-move", args=[third.public_id]))
    cancelled = alice.get(reverse("appointment-cancel", args=[third.public_id]))

    assert "Session 3 of 10" in text_of(shown)
    assert page(course, "move", 3) in shown.content.decode()
    assert moved.url == page(course, "move", 3)
    assert cancelled.url == page(course, "cancel", 3)


def test_my_visits_show_the_course_on_top(course, alice):
    words = text_of(alice.get(reverse("me")))

    assert words.index("Facial course") < words.index("Your next visit")
    assert "10 sessions ahead" in words
    assert "Next visit: Monday 7 June, 9am with Chen Li" in words
    assert "Session 4 of 10" in words.split("After that")[1]


def test_session_is_cancelled_and_booked_again_in_one_step(course, alice):
    looked = alice.get(page(course, "cancel", 3))
    words = text_of(looked)
    again, alone = tokens(looked)
    before = dates(course)

    answer = alice.post(page(course, "cancel", 3), {"token": again}, follow=True)

    assert "Your course keeps its 10 sessions" in words
    assert "Sessions 2 and 4 are then 14 days apart." in words
    assert again != alone
    assert "The session is cancelled." in text_of(answer)
    after = dates(course)
    assert after[2] not in (None, before[2])
    assert [*after[:2], *after[3:]] == [*before[:2], *before[3:]]


def test_session_only_cancelled_asks_for_a_date_until_it_has_one(course, alice):
    # Given a session that was only cancelled
    alone = tokens(alice.get(page(course, "cancel", 3)))[1]
    shown = text_of(alice.post(page(course, "cancel", 3), {"token": alone}, follow=True))
    mine = text_of(alice.get(reverse("me")))

    # When the client books what is missing
    looked = alice.get(page(course, "missing"))
    answer = alice.post(page(course, "missing"), {"token": tokens(looked)[0]}, follow=True)

    # Then every session has a date again
    assert "1 session has no date yet." in shown
    assert "1 session has no date yet." in mine
    assert "All sessions have a date now." in text_of(answer)
    assert None not in dates(course)
    assert alice.get(page(course, "missing")).status_code == 302


def test_missing_date_taken_after_the_look_is_looked_for_anew(clinic, course, alice):
    # Given a look at a new date for session 3, which somebody else then takes
    alone = tokens(alice.get(page(course, "cancel", 3)))[1]
    alice.post(page(course, "cancel", 3), {"token": alone})
    token = tokens(alice.get(page(course, "missing")))[0]
    book_visit(clinic.bea, clinic.first_visit, clinic.location, at(date(2027, 6, 21), 9))

    # When the client confirms
    answer = alice.post(page(course, "missing"), {"token": token}, follow=True)

    # Then nothing is booked, and another date is there to confirm
    words = text_of(answer)
    assert "Here are new dates." in words
    assert dates(course)[2] is None
    assert len(tokens(answer)) == 1
    alice.post(page(course, "missing"), {"token": tokens(answer)[0]})
    assert dates(course)[2] is not None


def test_session_of_a_service_that_closed_can_still_be_cancelled(clinic, course, alice):
    clinic.follow_up.is_active = False
    clinic.follow_up.save()

    looked = alice.get(page(course, "cancel", 3))
    answer = alice.post(page(course, "cancel", 3), {"token": tokens(looked)[0]}, follow=True)

    assert "We found no other date for it" in text_of(looked)
    assert "The session is cancelled." in text_of(answer)


def test_late_cancellation_is_said_before_the_click(course, alice, clock):
    clock.move_to(visit(course, 1).starts_at - timedelta(hours=2))

    looked = alice.get(page(course, "cancel", 1))
    alice.post(page(course, "cancel", 1), {"token": tokens(looked)[-1]})

    assert "this counts as a late cancellation" in text_of(looked)
    assert Appointment.objects.get(state="cancelled").cancelled_late


def test_course_is_paused_for_three_weeks(course, alice):
    days = {"first": "2027-06-21", "last": "2027-07-11"}
    looked = alice.get(page(course, "pause"), days)
    answer = alice.post(page(course, "pause"), {"token": tokens(looked)[0]}, follow=True)

    assert "These sessions move" in text_of(looked)
    assert "The course is paused for that time." in text_of(answer)
    assert "21 June 2027 to 11 July 2027" in text_of(answer)
    assert not any(date(2027, 6, 21) <= on <= date(2027, 7, 11) for on in dates(course))


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("", "2027-07-01", "Enter the first day away."),
        ("2027-07-01", "", "Enter the last day away."),
        ("soon", "2027-07-01", "Enter a date such as"),
        ("2027-07-02", "2027-07-01", "Choose the same day or a later one."),
        ("2027-06-01", "2027-07-01", "Choose a day from today on."),
        ("2027-07-01", "2028-07-01", "A pause is at most four months."),
        ("9999-12-01", "9999-12-31", "Choose a day from today on."),
    ],
)
def test_pause_that_makes_no_sense_is_told_and_nothing_is_lost(course, alice, first, last, words):
    answer = alice.get(page(course, "pause"), {"first": first, "last": last})

    assert answer.status_code == 422
    assert words in text_of(answer)
    assert f'value="{last}"' in answer.content.decode() or not last


def test_course_is_stopped_after_the_late_visit_is_named(course, alice, clock):
    clock.move_to(visit(course, 1).starts_at - timedelta(hours=2))
    asked = text_of(alice.get(page(course, "stop")))

    answer = alice.post(page(course, "stop"), follow=True)
    again = alice.post(page(course, "stop"), follow=True)

    assert "it counts as a late cancellation: Monday 7 June, 9am with Chen Li" in asked
    assert "Stopped after 0 of 10 sessions" in text_of(answer)
    assert again.status_code == 200
    assert Appointment.objects.filter(state="cancelled").count() == 10
    assert "Earlier courses" in text_of(alice.get(reverse("me")))


def test_ended_course_offers_no_change(course, alice, rosa):
    alice.post(page(course, "stop"))

    for name in ("move", "cancel"):
        assert alice.get(page(course, name, 3)).status_code == 302
    for name in ("pause", "missing", "stop"):
        assert alice.get(page(course, name)).status_code == 302
    for name in ("length", "finish"):
        assert rosa.get(page(course, name, side="course")).status_code == 302
    assert "Change the course" not in text_of(alice.get(page(course)))


def test_reception_finds_the_course_from_the_client_and_the_visit(clinic, course, rosa):
    client = rosa.get(reverse("client", args=[clinic.alice.public_id])).content.decode()
    visit_page = rosa.get(reverse("visit", args=[visit(course, 3).public_id])).content.decode()

    assert page(course, side="course") in client
    assert "Session 3 of 10" in visit_page
    assert page(course, "move", 3, side="course") in visit_page


def test_reception_moves_a_session_and_it_counts_for_nobody(course, rosa):
    looked = look_at_move(rosa, course, WEDNESDAY, side="course")

    rosa.post(page(course, "move", 3, side="course"), {"token": tokens(looked)[0]})

    moved = visit(course, 3)
    assert dates(course)[2] == WEDNESDAY
    assert (moved.client_moves, moved.changed_by_clinic) == (0, True)


def test_reception_moves_one_visit_past_a_limit_with_a_reason(course, rosa):
    third = visit(course, 3)
    url = reverse("visit-move", args=[third.public_id]) + "?date=2027-06-25"
    asked = {"starts_at": at(FRIDAY, 9).isoformat(), "version": third.version, "reason": ""}

    refused = rosa.post(url, asked)
    passed = rosa.post(url, {**asked, "reason": "Only day she can"})

    assert refused.status_code == 409
    assert "Say why, and only this visit moves." in text_of(refused)
    assert passed.status_code == 302
    assert dates(course)[2] == FRIDAY
    assert Session.objects.get(course=course, number=4).gap_reason == "Only day she can"


def test_staff_change_length_with_a_reason_and_it_stands_in_the_history(course, rosa):
    url = page(course, "length", side="course")

    silent = rosa.post(url, {"length": "8", "reason": ""})
    odd = rosa.post(url, {"length": "99", "reason": "Why"})
    answer = rosa.post(url, {"length": "8", "reason": "Settled sooner"}, follow=True)

    assert (silent.status_code, odd.status_code) == (422, 422)
    assert "Say why." in text_of(silent)
    assert "Enter a number from 1 to 30." in text_of(odd)
    assert "Session 1 of 8" in text_of(answer)
    assert "Settled sooner" in text_of(answer)


def test_practitioner_who_treats_lets_a_gap_be_longer(clinic, course, visitor):
    visitor.force_login(clinic.chen.user)

    answer = visitor.post(
        page(course, "gap", 4, side="course"), {"reason": "Travels for work"}, follow=True
    )

    assert "Gap allowed as it is: Travels for work" in text_of(answer)
    assert visitor.get(page(course, "gap", 1, side="course")).status_code == 404


def test_course_with_nothing_done_is_not_finished(course, rosa):
    answer = rosa.post(page(course, "finish", side="course"), {"reason": "Why"})

    assert answer.status_code == 422
    assert "No session is done yet. Stop the course instead." in text_of(answer)


def test_course_finished_early_says_so(clinic, course, rosa):
    Appointment.objects.filter(pk=visit(course, 1).pk).update(state="completed")

    answer = rosa.post(
        page(course, "finish", side="course"), {"reason": "Goal reached"}, follow=True
    )

    assert "Completed, 1 of 10 sessions" in text_of(answer)


def test_client_never_sees_reasons_and_history_of_staff(course, rosa, alice):
    rosa.post(page(course, "gap", 4, side="course"), {"reason": "Travels for work"})

    assert "Travels" not in text_of(alice.get(page(course)))


def test_lost_session_is_named_and_may_be_booked(clinic, course, alice, rosa):
    cancel_appointment(appointment=visit(course, 3), by=clinic.rosa, now=NOW)
    first = visit(course, 1)
    record_status(
        appointment=first,
        to_state=State.NO_SHOW,
        by=clinic.rosa,
        now=first.starts_at + timedelta(minutes=20),
    )

    words = text_of(alice.get(page(course)))

    assert "2 sessions have no date yet." in words
    assert page(course, "missing") in alice.get(page(course)).content.decode()


NAMES = ("", "pause", "missing", "stop")


def test_no_date_for_a_missing_session_tells_whom_to_call(course, alice):
    cancel_appointment(appointment=visit(course, 3), by=course.client.user, now=NOW)
    Service.objects.filter(pk=course.follow_up_service_id).update(is_active=False)

    answer = alice.get(reverse("my-course-missing", args=[course.public_id]))

    assert answer.status_code == 422
    assert "Call us on (212) 555-0100" in text_of(answer)


@pytest.mark.parametrize("person", ["bea", "dora"])
@pytest.mark.parametrize("side", ["my-course", "course"])
def test_stranger_finds_no_page_and_posts_nothing(clinic, course, visitor, person, side):
    visitor.force_login(getattr(clinic, person).user)
    before = dates(course)

    for name in NAMES:
        assert visitor.get(page(course, name, side=side)).status_code == 404
    for name in NAMES[1:]:
        assert visitor.post(page(course, name, side=side)).status_code == 404
    for name in ("move", "cancel"):
        assert visitor.post(page(course, name, 3, side=side)).status_code == 404

    assert dates(course) == before


@pytest.mark.parametrize("length", [3, 10])
@pytest.mark.parametrize(
    ("name", "more", "count"),
    [("", [], 8), ("stop", [], 7), ("pause", [], 7), ("cancel", [2], 10), ("move", [2], 10)],
)
def test_page_costs_the_same_whatever_the_length(
    clinic, alice, length, name, more, count, django_assert_num_queries
):
    url = page(make_course(clinic, length=length), name, *more)
    alice.get(url)

    with django_assert_num_queries(count):
        alice.get(url)
