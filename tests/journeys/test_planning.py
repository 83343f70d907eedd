"""A course planned and booked over several pages, given-when-then."""

from datetime import date

import pytest
from django.test import Client as Browser
from django.urls import reverse
from icalendar import Calendar

from bookings.models import Appointment, TimeOff
from bookings.services.time_off import take_time_off
from tests.factories.bookings import book_visit
from tests.factories.clinic import at
from tests.factories.courses import make_course, make_protocol
from tests.support.planning import begin_plan, book, page, plan, sign_up
from tests.support.walking import text_of
from treatments.models import Course
from treatments.selectors.courses import view_of

pytestmark = pytest.mark.django_db

EVENINGS = {
    "days": ["2", "4"],
    "hours": "evening",
    "days_how": "only",
    "hours_how": "only",
    "event_date": "2027-09-30",
}


@pytest.fixture(autouse=True)
def protocol(clinic):
    return make_protocol(clinic, name="Facial course")


@pytest.fixture
def late_clinic(clinic):
    """Evening hours, so that a first visit fits after 4pm, and a first visit of its own price."""
    for hours in clinic.chen.roster_hours.all():
        hours.ends = hours.ends.replace(hour=20)
        hours.save()
    clinic.first_visit.price_amount = "160.00"
    clinic.first_visit.save()
    return clinic


def dates_of(course) -> list[date]:
    return [item.date for item in view_of(course).sessions]


def test_new_client_plans_ten_sessions_swaps_one_and_books(late_clinic, visitor):
    # Given a visitor who wishes Tuesday or Thursday evenings, ready by a date
    draft = plan(visitor, **EVENINGS)
    shown = text_of(visitor.get(page("proposal", draft)))
    assert "Your plan, done by Tuesday 10 August" in shown
    assert "It fits all of your wishes." in shown

    # When they swap session 4, keeping the others, sign up and book
    swap = visitor.get(page("swap", draft, 4) + "?date=2027-07-01")
    slot = swap.context["groups"][0].choices[0].value
    visitor.post(page("swap", draft, 4), {"slot": slot, "others": "keep"})
    marked = visitor.get(page("proposal", draft)).content.decode()
    signed_up = sign_up(visitor, draft)
    checked = text_of(visitor.get(signed_up.url))
    booked = book(visitor, draft)

    # Then all ten stand, on the days wished for, and the swap with them
    course = Course.objects.get()
    assert marked.count("is-changed") == 1
    assert "$160 for the first session, then $120 each" in checked
    assert "$1,240 in all" in checked
    assert "Paid at the clinic" in checked
    assert booked.url == reverse("course-booked", args=[course.public_id])
    dates = dates_of(course)
    assert dates[3] == date(2027, 7, 1)
    assert {day.isoweekday() for day in dates} == {2, 4}
    assert dates[-1] <= date(2027, 9, 20)
    assert Appointment.objects.filter(state="booked").count() == 10
    assert "10 visits, from Tuesday 8 June 2027" in text_of(visitor.get(booked.url))


def test_plan_is_kept_while_a_guest_signs_up(clinic, visitor):
    draft = plan(visitor)
    before = visitor.session["course_plans"][draft]

    visitor.get(page("proposal", draft))
    asked = visitor.get(page("check", draft))
    sign_up(visitor, draft)

    after = visitor.session["course_plans"][draft]
    assert asked.url == page("details", draft)
    assert before["plan"]["wishes"] == after["plan"]["wishes"]
    assert len(after["plan"]["slots"]) == 10


def test_lost_slot_shows_the_new_plan_and_books_nothing(clinic, visitor):
    # Given a plan at the last step, and a rival who takes the time of session 3
    draft = plan(visitor)
    visitor.get(page("proposal", draft))
    sign_up(visitor, draft)
    checked = visitor.get(page("check", draft))
    third = checked.context["draft"].slots[2]
    book_visit(clinic.alice, clinic.follow_up, clinic.location, third.starts_at)

    # When they press the button
    answer = visitor.post(page("check", draft), {"request_id": checked.context["draft"].request_id})

    # Then they see the new plan, session 3 marked, and may book that one
    assert answer.status_code == 409
    assert "Nothing is booked yet" in text_of(answer)
    assert answer.content.decode().count("is-changed") == 1
    assert not Course.objects.exists()
    assert book(visitor, draft).status_code == 302
    assert Course.objects.count() == 1


def test_no_plan_says_why_and_one_click_helps(clinic, visitor):
    # Given wishes that the clinic's hours rule out
    draft = plan(visitor, days=["6"], days_how="only")
    none = visitor.get(page("proposal", draft))
    assert none.status_code == 422
    words = text_of(none)
    assert "No plan fits all of your wishes" in words
    assert "No free time for session 1 fits all of your wishes." in words
    assert "On other days too" in words

    # When they click the way out
    answer = visitor.post(page("relax", draft), {"give_up": "other_days"}, follow=True)

    # Then there is a plan, and the wish lives on as a "rather"
    assert "Your plan, done by" in text_of(answer)
    assert "a Monday, not one of your days" in text_of(answer)


def test_event_too_early_offers_a_later_one(clinic, visitor):
    draft = plan(visitor, event_date="2027-08-01")
    words = text_of(visitor.get(page("proposal", draft)))
    assert "The last session can be on Monday 9 August at the earliest" in words

    answer = visitor.post(page("relax", draft), {"give_up": "later_ready_by"}, follow=True)

    assert "ready for 19 August 2027" in text_of(answer)
    assert "done by Monday 9 August" in text_of(answer)


def test_button_pressed_twice_books_one_course(clinic, visitor):
    draft = plan(visitor)
    visitor.get(page("proposal", draft))
    sign_up(visitor, draft)
    first = book(visitor, draft)
    kept = visitor.session["course_plans"][draft]

    again = visitor.post(page("check", draft), {"request_id": kept["request_id"]})
    back = visitor.get(page("check", draft))

    assert first.url == again.url == back.url
    assert Course.objects.count() == 1


def test_plan_changed_in_another_tab_is_checked_again(clinic, visitor):
    draft = plan(visitor)
    visitor.get(page("proposal", draft))
    sign_up(visitor, draft)
    seen = visitor.get(page("check", draft)).context["draft"].request_id
    visitor.post(page("wishes", draft), {"days": ["5"]})
    visitor.get(page("proposal", draft))

    answer = visitor.post(page("check", draft), {"request_id": seen}, follow=True)

    assert "The plan was changed in another tab" in text_of(answer)
    assert not Course.objects.exists()


def test_client_with_a_course_is_told_before_and_at_the_end(clinic, visitor):
    make_course(clinic)
    visitor.force_login(clinic.alice.user)
    start = text_of(visitor.get(reverse("course-plan")))
    draft = plan(visitor)
    visitor.get(page("proposal", draft))

    answer = book(visitor, draft)

    assert "You have a course already: Facial course." in start
    assert answer.status_code == 422
    assert "You have a course already. Call us if you want a second one." in text_of(answer)
    assert Course.objects.count() == 1


def test_unconfirmed_address_is_told_where_to_confirm_it(clinic, visitor):
    visitor.force_login(clinic.alice.user)
    draft = plan(visitor)
    visitor.get(page("proposal", draft))

    answer = book(visitor, draft)

    assert answer.status_code == 422
    assert "Please confirm your e-mail address first." in text_of(answer)
    assert reverse("account_email") in answer.content.decode()


def test_reception_makes_a_done_first_visit_session_1(clinic, visitor):
    # Given a first visit that is done, and reception at the client's page
    visit = book_visit(clinic.alice, clinic.first_visit, clinic.location, at(date(2027, 6, 8), 9))
    visitor.force_login(clinic.rosa)
    start = reverse("client-plan", args=[clinic.alice.public_id])
    assert start in visitor.get(reverse("client", args=[clinic.alice.public_id])).content.decode()

    # When they plan from it, as is offered
    offered = visitor.get(page("wishes", begin_plan(visitor, start))).context["first_visits"]
    draft = plan(visitor, start, first_visit=str(visit.public_id), length="6")
    shown = visitor.get(page("proposal", draft))
    booked = book(visitor, draft)

    # Then it is session 1, and five more are booked
    course = Course.objects.get()
    view = view_of(course)
    assert [(item.value, item.is_chosen) for item in offered] == [
        ("", False),
        (str(visit.public_id), True),
    ]
    assert "there already" in text_of(shown)
    assert "For Alice Arden" in text_of(shown)
    assert booked.status_code == 302
    assert view.sessions[0].visit == visit
    assert [item.gap_days for item in view.sessions] == [None, 7, 7, 7, 7, 7]
    assert course.created_by == clinic.rosa


def test_first_visit_begins_one_course_only(clinic, visitor):
    # Given two plans of reception that begin with the same first visit
    visit = book_visit(clinic.alice, clinic.first_visit, clinic.location, at(date(2027, 6, 8), 9))
    visitor.force_login(clinic.rosa)
    start = reverse("client-plan", args=[clinic.alice.public_id])
    wishes = {"first_visit": str(visit.public_id), "length": "3"}
    one, other = (plan(visitor, start, days=[day], **wishes) for day in ("2", "4"))
    for draft in (one, other):
        visitor.get(page("proposal", draft))

    # When the first is booked
    book(visitor, one)
    answer = visitor.get(page("check", other), follow=True)

    # Then the second leads back to the start, and says why
    assert answer.redirect_chain[-1][0] == start
    assert "Please plan again." in text_of(answer)
    assert Course.objects.count() == 1


def test_course_of_one_session_is_no_plural(clinic, visitor):
    visitor.force_login(clinic.rosa)
    draft = plan(visitor, reverse("client-plan", args=[clinic.alice.public_id]), length="1")

    shown = text_of(visitor.get(page("proposal", draft)))
    checked = text_of(visitor.get(page("check", draft)))

    assert "Facial course, 1 session Your plan" in shown
    assert "Book this session" in checked


def test_reception_is_told_of_a_course_that_runs(clinic, visitor):
    course = make_course(clinic)
    visitor.force_login(clinic.rosa)

    answer = visitor.get(reverse("client-plan", args=[clinic.alice.public_id]))

    assert "Alice has a course already: Facial course." in text_of(answer)
    assert reverse("course", args=[course.public_id]) in answer.content.decode()


def test_plan_that_begins_late_says_why(clinic, visitor):
    soon = text_of(visitor.get(page("proposal", plan(visitor))))
    weeks_off = TimeOff(
        kind="away",
        practitioner=clinic.chen,
        starts_at=at(date(2027, 6, 7), 8),
        ends_at=at(date(2027, 6, 28), 8),
    )
    take_time_off(time_off=weeks_off, by=clinic.mia)

    late = text_of(visitor.get(page("proposal", plan(visitor))))

    assert "It begins on" not in soon
    assert "It begins on Monday 28 June: sooner dates are taken" in late


def test_plan_that_is_wished_late_needs_no_reason(clinic, visitor):
    draft = plan(visitor, not_before="2027-07-05")

    shown = text_of(visitor.get(page("proposal", draft)))

    assert "1 Monday 5 July, 9am" in shown
    assert "It begins on" not in shown


def test_practitioner_enters_a_client_half_way(clinic, visitor):
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 8), 9))
    visitor.force_login(clinic.chen.user)
    start = reverse("client-plan", args=[clinic.alice.public_id])

    draft = plan(visitor, start, done_before="4", last_done_date="2027-06-03")
    shown = text_of(visitor.get(page("proposal", draft)))
    answer = book(visitor, draft)

    view = view_of(Course.objects.get())
    assert "7 days after session 4" in shown
    assert answer.status_code == 302
    assert (view.progress.done, len(view.unbooked)) == (4, 0)
    assert view.sessions[4].date == date(2027, 6, 10)


def test_practitioner_plans_for_no_stranger(clinic, visitor):
    visitor.force_login(clinic.chen.user)

    answer = visitor.get(reverse("client-plan", args=[clinic.bea.public_id]))

    assert answer.status_code == 404


def test_another_visitor_finds_no_draft(clinic, visitor):
    draft = plan(visitor)
    stranger = Browser()

    for step in ("proposal", "wishes", "details", "code", "check"):
        assert stranger.get(page(step, draft)).status_code == 404
    assert stranger.get(page("swap", draft, 1)).status_code == 404
    assert stranger.post(page("relax", draft)).status_code == 404


def test_reception_that_loses_its_role_loses_the_draft(clinic, visitor):
    visitor.force_login(clinic.rosa)
    draft = plan(visitor, reverse("client-plan", args=[clinic.alice.public_id]))
    clinic.rosa.is_reception = False
    clinic.rosa.save()

    assert visitor.get(page("proposal", draft)).status_code == 404


def test_fourth_draft_drops_the_oldest(clinic, visitor):
    drafts = [begin_plan(visitor) for _count in range(4)]

    assert visitor.get(page("wishes", drafts[0])).status_code == 404
    assert [visitor.get(page("wishes", draft)).status_code for draft in drafts[1:]] == [200] * 3


def test_course_that_is_no_longer_offered_leads_to_the_start(clinic, visitor, protocol):
    draft = plan(visitor)
    protocol.is_active = False
    protocol.save()

    answer = visitor.get(page("check", draft), follow=True)

    assert "What we offer has changed since this plan was made" in text_of(answer)
    assert "No course can be planned online just now" in text_of(answer)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"hours": "span"}, "Enter from when."),
        ({"hours": "span", "from_time": "19:00", "to_time": "17:00"}, "The end comes after"),
        ({"event_date": "2027-06-10"}, "That is too soon"),
        ({"event_date": "soon"}, "Enter a date, such as"),
        ({"not_before": "2031-01-01"}, "We do not take bookings that far ahead yet."),
        ({"who": "nobody"}, "Select a valid choice"),
        ({"days": ["8"]}, "Select a valid choice"),
    ],
)
def test_wish_that_makes_no_sense_is_told_and_nothing_is_lost(clinic, visitor, said, words):
    draft = begin_plan(visitor)

    answer = visitor.post(page("wishes", draft), {"days": ["2"], **said})

    assert answer.status_code == 422
    assert words in text_of(answer)
    assert "There is a problem" in text_of(answer)


@pytest.mark.parametrize(
    "slot", ["", "nonsense", "2027-07-01T13:00:00Z with nobody", "9999-12-31T23:59:59Z with chen"]
)
def test_time_that_makes_no_sense_is_told_at_the_times(clinic, visitor, slot):
    draft = plan(visitor)

    answer = visitor.post(page("swap", draft, 4), {"slot": slot, "others": "keep"})

    assert answer.status_code == 422
    assert "Choose" in text_of(answer)


def test_swap_that_the_others_cannot_bear_says_so(clinic, visitor):
    draft = plan(visitor)
    far = visitor.get(page("swap", draft, 4) + "?date=2027-07-05")
    slot = far.context["groups"][0].choices[0].value

    refused = visitor.post(page("swap", draft, 4), {"slot": slot, "others": "keep"})
    around = visitor.post(page("swap", draft, 4), {"slot": slot, "others": "around"}, follow=True)

    assert refused.status_code == 422
    assert "the others can’t all stay" in text_of(refused)
    assert "Session 4 is set, and" in text_of(around)


def test_session_that_is_not_planned_cannot_be_swapped(clinic, visitor):
    draft = plan(visitor)

    assert visitor.get(page("swap", draft, 11)).status_code == 404
    assert visitor.get(page("swap", draft, 0)).status_code == 404


def test_calendar_file_has_all_visits_and_says_nothing_else(clinic, visitor):
    course = make_course(clinic)
    visitor.force_login(clinic.alice.user)

    answer = visitor.get(reverse("course-calendar", args=[course.public_id]))

    calendar = Calendar.from_ical(answer.content)
    events = calendar.walk("VEVENT")
    visits = Appointment.objects.order_by("starts_at")
    assert [str(event["uid"]) for event in events] == [str(visit.public_id) for visit in visits]
    assert {str(event["summary"]) for event in events} == {"Appointment at Meridian"}
    assert events[0]["dtstart"].to_ical() == b"20270607T090000"
    assert [str(zone["tzid"]) for zone in calendar.walk("VTIMEZONE")] == ["America/New_York"]
    assert b"ollow" not in answer.content
    assert b"ourse" not in answer.content


def test_printed_plan_has_every_date_and_no_word_about_health(clinic, visitor):
    course = make_course(clinic)
    visitor.force_login(clinic.alice.user)

    words = text_of(visitor.get(reverse("course-print", args=[course.public_id])))

    main = words[words.index("Appointments at") : words.index("As of")]
    assert "10 Monday 9 August 2027 9am Chen" in main
    assert "cupuncture" not in main
    assert "course" not in main


@pytest.mark.parametrize("name", ["course-booked", "course-print", "course-calendar"])
def test_stranger_finds_no_course(name, clinic, visitor):
    course = make_course(clinic)
    url = reverse(name, args=[course.public_id])

    assert visitor.get(url).status_code == 302
    for somebody, status in ((clinic.bea.user, 404), (clinic.chen.user, 200), (clinic.rosa, 200)):
        visitor.force_login(somebody)
        assert visitor.get(url).status_code == status


def test_plan_done_long_before_its_event_offers_to_begin_later(clinic, visitor):
    # Given a wedding in November, and a plan that is done in August
    draft = plan(visitor, event_date="2027-11-20")
    shown = visitor.get(page("proposal", draft))
    assert "Your last session is 14 weeks before your event" in text_of(shown)

    # When they follow the offer and ask again
    url = shown.context["event"].begin_url
    wishes = visitor.get(url).context["form"]
    visitor.post(
        url, {"event_date": "2027-11-20", "not_before": wishes["not_before"].value().isoformat()}
    )
    later = visitor.get(page("proposal", draft))

    # Then it ends shortly before the event, and nothing more is offered
    assert "before your event on Saturday 20 November" in text_of(later)
    assert later.context["event"].begin_url == ""
    assert f"from {wishes['not_before'].value():%-d %B %Y} on" in text_of(later)


def test_start_that_is_no_date_is_passed_over(clinic, visitor):
    draft = begin_plan(visitor)

    answer = visitor.get(page("wishes", draft) + "?from=soon")

    assert answer.status_code == 200
    assert answer.context["form"]["not_before"].value() is None
