"""An offered time: its client's page, the link in the message, and the desk that answers."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client as Visitor
from django.urls import reverse

from bookings.models import Appointment
from bookings.services.cancelling import cancel_appointment
from bookings.services.moving import move_appointment
from clinic.messaging.links import Act, write
from clinic.models import CallEntry
from clinic.selectors.catalogue import catalogue
from tests.factories.clinic import NOW
from tests.support.aftercare import make_weekly, visit_in
from tests.support.covering import KEPT_UNTIL, TEN, booked_with_chen, fresh, make_plan, offered
from tests.support.desk import signed_in, words
from tests.support.telling import send_all
from treatments.models import CoverOffer
from treatments.services.cover_offers import expire_offers

DAY = timedelta(days=1)
NEW_TIME = TEN + 8 * DAY
LATER = KEPT_UNTIL + timedelta(minutes=1)


@pytest.fixture
def plan(clinic):
    return make_plan(clinic)


@pytest.fixture
def visit(clinic):
    visit = booked_with_chen(clinic)
    send_all()
    return visit


@pytest.fixture
def offer(visit, plan, clinic) -> CoverOffer:
    made = offered(visit, plan, clinic, NEW_TIME).offer
    assert made is not None
    return made


def own_page(offer: CoverOffer) -> str:
    return reverse("my-offer", args=[offer.public_id])


def link_to(offer: CoverOffer) -> str:
    return reverse("link", args=[write(Act.OFFER, offer.pk, offer.version, offer.expires_at)])


def desk_page(offer: CoverOffer) -> str:
    return reverse("cover-offer", args=[offer.public_id])


def state_of(offer: CoverOffer) -> str:
    return CoverOffer.objects.get(pk=offer.pk).state


def test_client_sees_what_is_kept_until_when_and_what_happens_without_an_answer(offer, clinic):
    said = words(signed_in(clinic.alice.user).get(own_page(offer)))

    assert "Your visit on Tuesday 15 June, 10am with Chen Li can’t take place as booked." in said
    assert "Instead Wednesday 23 June, 10am with Chen Li" in said
    assert "We keep it for you until Wednesday 9 June, 8am." in said
    assert "If we do not hear from you, we call you." in said
    assert "(212) 555-0100" in said


def test_my_visits_and_the_visit_lead_to_the_offer(offer, visit, clinic):
    browser = signed_in(clinic.alice.user)

    for page in (reverse("me"), reverse("appointment", args=[visit.public_id])):
        answer = browser.get(page)
        assert own_page(offer) in answer.content.decode()
        assert "keep it for you until Wednesday 9 June, 8am." in words(answer)


def test_client_says_yes_and_the_visit_moves_there(offer, visit, clinic):
    answer = signed_in(clinic.alice.user).post(own_page(offer), {"answer": "accept"}, follow=True)

    visit = fresh(visit)
    assert answer.redirect_chain == [(reverse("appointment", args=[visit.public_id]), 302)]
    assert "Your new time is booked." in words(answer)
    assert (visit.starts_at, visit.state, state_of(offer)) == (NEW_TIME, "booked", "accepted")


def test_yes_twice_moves_once(offer, visit, clinic):
    browser = signed_in(clinic.alice.user)

    answers = [browser.post(own_page(offer), {"answer": "accept"}) for _time in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert fresh(visit).version == 1


def test_client_says_no_and_is_called(offer, visit, clinic):
    browser = signed_in(clinic.alice.user)

    answer = browser.post(own_page(offer), {"answer": "decline"}, follow=True)

    said = words(answer)
    assert "Thank you. We call you and find a time together." in said
    assert "You have said no to this time" in said
    assert (fresh(visit).starts_at, state_of(offer)) == (TEN, "declined")
    assert CallEntry.objects.get(settled_at=None).reason == "unanswered"
    assert own_page(offer) not in browser.get(reverse("me")).content.decode()


def test_nonsense_changes_nothing_and_says_so(offer, clinic):
    answer = signed_in(clinic.alice.user).post(own_page(offer), {"answer": "perhaps"})

    assert answer.status_code == 422
    assert "Nothing was changed." in words(answer)
    assert state_of(offer) == "open"


def test_client_chooses_another_time_alone_and_the_offer_ends(offer, visit, clinic):
    browser = signed_in(clinic.alice.user)
    move = reverse("appointment-move", args=[visit.public_id])

    page = browser.get(own_page(offer)).content.decode()
    browser.post(move, {"time": (TEN + 9 * DAY).isoformat()})

    assert f'href="{move}"' in page
    assert (fresh(visit).starts_at, state_of(offer)) == (TEN + 9 * DAY, "obsolete")


def test_session_of_a_course_is_moved_on_the_courses_page(plan, clinic):
    course = make_weekly(clinic)
    send_all()
    visit = visit_in(course, 2)
    made = offered(visit, plan, clinic, visit.starts_at + DAY).offer

    page = signed_in(clinic.alice.user).get(own_page(made)).content.decode()

    assert reverse("my-course-move", args=[course.public_id, 2]) in page


@pytest.mark.parametrize("person", ["bea", "chen", "dora", "rosa", "mia"])
def test_stranger_finds_no_offer_and_answers_none(person, offer, clinic):
    somebody = getattr(clinic, person)
    browser = signed_in(getattr(somebody, "user", somebody))

    answers = [browser.get(own_page(offer)), browser.post(own_page(offer), {"answer": "accept"})]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert state_of(offer) == "open"


def test_looking_at_the_link_changes_nothing(offer, visit):
    visitor = Visitor()

    answers = [visitor.get(link_to(offer)), visitor.head(link_to(offer))]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert "We keep this for you until Wednesday 9 June, 8am." in words(answers[0])
    assert "Wednesday 23 June, 10am with Chen Li" in words(answers[0])
    assert (fresh(visit).version, state_of(offer)) == (0, "open")


def test_link_accepts_without_signing_in(offer, visit):
    answer = Visitor().post(link_to(offer), {"answer": "accept"})

    assert (answer.status_code, fresh(visit).starts_at) == (200, NEW_TIME)
    assert "It is booked" in words(answer)
    assert "Your visit is on Wednesday 23 June, 10am with Chen Li." in words(answer)
    assert state_of(offer) == "accepted"


def test_link_of_a_taken_time_says_what_became_of_the_visit(clinic, offer, visit):
    visitor = Visitor()
    visitor.post(link_to(offer), {"answer": "accept"})
    taken = words(visitor.get(link_to(offer)))

    cancel_appointment(appointment=fresh(visit), by=clinic.rosa, now=NOW)

    assert "Your visit is on Wednesday 23 June, 10am with Chen Li." in taken
    assert "This visit is cancelled." in words(visitor.get(link_to(offer)))


def test_link_declines_without_signing_in(offer, visit):
    answer = Visitor().post(link_to(offer), {"answer": "decline"})

    assert "We call you and find a time together." in words(answer)
    assert (fresh(visit).starts_at, state_of(offer)) == (TEN, "declined")


def test_link_without_an_answer_asks_for_one(offer):
    answer = Visitor().post(link_to(offer))

    assert answer.status_code == 422
    assert "Please use one of the buttons." in words(answer)
    assert state_of(offer) == "open"


def test_link_leads_to_other_times_of_a_single_visit(offer, visit):
    page = Visitor().get(link_to(offer)).content.decode()

    assert write(Act.MOVE, visit.pk, visit.version, visit.starts_at) in page


def test_link_of_a_session_leads_to_the_sign_in(plan, clinic):
    visit = visit_in(make_weekly(clinic), 2)
    made = offered(visit, plan, clinic, visit.starts_at + DAY).offer

    said = Visitor().get(link_to(made))

    assert "Sign in and choose myself" in words(said)
    assert own_page(made) in said.content.decode()


def test_used_link_says_that_it_is_done(offer):
    visitor = Visitor()
    visitor.post(link_to(offer), {"answer": "accept"})

    answer = visitor.get(link_to(offer))

    assert answer.status_code == 409
    assert "We know already" in words(answer)


def test_link_of_an_offer_that_ran_out_says_what_is_true_now(offer, visit, clinic):
    with time_machine.travel(LATER):
        early = Visitor().post(link_to(offer), {"answer": "accept"})
        expire_offers(LATER)
        late = Visitor().get(link_to(offer))
        own = signed_in(clinic.alice.user).post(own_page(offer), {"answer": "accept"}, follow=True)

    for answer in (early, late):
        assert answer.status_code == 409
        assert "We keep this time no longer." in words(answer)
    assert "This time is not kept any more." in words(own)
    assert fresh(visit).starts_at == TEN


def test_link_after_the_visit_moved_otherwise_names_its_time(offer, visit, clinic):
    move_appointment(
        appointment=visit,
        starts_at=TEN + 9 * DAY,
        practitioner_id=None,
        catalogue=catalogue(),
        by=clinic.rosa,
        now=NOW,
    )

    answer = Visitor().post(link_to(offer), {"answer": "accept"})

    assert answer.status_code == 409
    assert "it is on Thursday 24 June, 10am now." in words(answer)


def test_link_after_the_visit_was_cancelled_says_so(offer, visit, clinic):
    cancel_appointment(appointment=visit, by=clinic.rosa, now=NOW)

    assert "This visit is cancelled." in words(Visitor().get(link_to(offer)))


def test_link_to_no_offer_is_broken(offer):
    made_up = reverse("link", args=[write(Act.OFFER, 987654, 0, KEPT_UNTIL)])
    other_version = reverse("link", args=[write(Act.OFFER, offer.pk, 7, KEPT_UNTIL)])

    assert Visitor().get(made_up).status_code == 404
    assert Visitor().get(other_version).status_code == 404


def test_pages_behind_a_link_tell_nothing_of_treatment(offer):
    said = words(Visitor().get(link_to(offer)))

    assert "Follow up" not in said
    assert "acupuncture" not in said.lower().replace("meridian", "")


def test_desk_sees_offers_that_wait_and_books_for_a_client_who_calls(offer, visit, clinic):
    browser = signed_in(clinic.rosa)
    said = words(browser.get(reverse("cover-plans")))

    answer = browser.post(desk_page(offer), {"answer": "accept"}, follow=True)

    assert "Alice Arden +1 212-555-0111" in said
    assert "Wednesday 23 June, 10am with Chen Li kept until Wednesday 9 June, 8am" in said
    assert "Booked for Alice Arden at the offered time." in words(answer)
    assert (fresh(visit).starts_at, CoverOffer.objects.get().answered_by) == (NEW_TIME, clinic.rosa)


def test_desk_lets_an_offer_go_and_finds_whom_to_call(offer, clinic):
    answer = signed_in(clinic.rosa).post(desk_page(offer), {"answer": "decline"}, follow=True)

    said = words(answer)
    assert "Let go. Alice Arden stands on the call list." in said
    assert "Not taken: please call Alice Arden +1 212-555-0111" in said
    assert "Declined Monday 7 June, 8am" in said
    calls = words(signed_in(clinic.rosa).get(reverse("calls")))
    assert "An offered time was not taken" in calls


def test_desk_hears_why_an_offer_can_not_be_booked(offer, clinic):
    CoverOffer.objects.update(state="expired", answered_at=NOW)

    answer = signed_in(clinic.rosa).post(desk_page(offer), {"answer": "accept"}, follow=True)

    assert "Alice Arden: This time is not kept any more." in words(answer)


@pytest.mark.parametrize("who", ["alice", "chen"])
def test_desks_answer_is_the_desks_alone(who, offer, clinic):
    browser = signed_in(getattr(clinic, who).user)

    assert browser.post(desk_page(offer), {"answer": "accept"}).status_code == 404
    assert state_of(offer) == "open"


def test_made_up_answers_at_the_desk_are_not_found(offer, clinic):
    browser = signed_in(clinic.rosa)
    unknown = reverse("cover-offer", args=[uuid4()])

    assert browser.post(desk_page(offer), {"answer": "x"}).status_code == 404
    assert browser.post(unknown, {"answer": "accept"}).status_code == 404


def test_staffs_visit_says_what_is_offered_and_the_desk_answers_there(offer, visit, clinic):
    page = reverse("visit", args=[visit.public_id])
    browser = signed_in(clinic.rosa)

    said = words(browser.get(page))
    own = words(signed_in(clinic.chen.user).get(page))
    answer = browser.post(desk_page(offer), {"answer": "accept", "back": "visit"})

    for seen in (said, own):
        assert "Offered: Wednesday 23 June, 10am with Chen Li" in seen
        assert "waits for an answer until Wednesday 9 June, 8am" in seen
    assert "Book it for the client" in said
    assert "Book it for the client" not in own
    assert answer.url == page


def test_cover_list_marks_what_is_offered_already(offer, visit, clinic):
    type(clinic.chen).objects.filter(pk=clinic.chen.pk).update(is_active=False)

    said = words(signed_in(clinic.rosa).get(reverse("cover")))

    assert "Offered another time, kept until Wednesday 9 June, 8am" in said
    assert "No one else is free" not in said


def test_no_kept_time_stands_among_a_clients_visits(offer, clinic):
    said = words(signed_in(clinic.alice.user).get(reverse("me")))

    assert said.count("Wednesday 23 June") == 0
    assert Appointment.objects.filter(client=clinic.alice, state="booked").count() == 1


def test_day_says_that_another_time_is_offered(offer, clinic):
    for browser in (signed_in(clinic.rosa), signed_in(clinic.chen.user)):
        said = words(browser.get("/day/?date=2027-06-15"))
        assert "Offered another time, waits until Wednesday 9 June, 8am" in said
