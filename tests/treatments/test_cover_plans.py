"""The wizard of cover at the desk: whose visits, the proposal, the change of one, the result."""

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.models import Appointment, TimeOff
from bookings.services.cancelling import cancel_appointment
from clinic.models import CallEntry, Message
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, at, make_client
from tests.support.aftercare import make_weekly
from tests.support.covering import TEN, booked_with_chen, make_plan
from tests.support.desk import diary_queries, signed_in, words
from tests.support.telling import send_all, written
from treatments.models import CoverOffer, CoverPlan
from treatments.services.cover_planning import work_out_wanted

NEW = "/cover/new/"
DAY = timedelta(days=1)
TUESDAY = date(2027, 6, 15)


@pytest.fixture
def helped(clinic):
    """Let Dora offer what Chen offers."""
    clinic.dora.services.set([clinic.follow_up])
    return clinic


@pytest.fixture
def visit(helped):
    visit = booked_with_chen(helped)
    send_all()
    return visit


def asked(clinic, **more) -> dict[str, str]:
    return {
        "whom": f"practitioner:{clinic.chen.public_id}",
        "cause": "away",
        "span": "dates",
        "from": "2027-06-14",
        "to": "2027-06-20",
        **more,
    }


def worked_out(clinic, now=NOW, **more) -> CoverPlan:
    """Ask for a plan at the desk, and let a worker do its round."""
    signed_in(clinic.rosa).post(NEW, asked(clinic, **more))
    work_out_wanted(now)
    return CoverPlan.objects.latest("pk")


def page_of(plan: CoverPlan) -> str:
    return reverse("cover-plan", args=[plan.public_id])


def change_page(plan: CoverPlan, visit: Appointment) -> str:
    return reverse("cover-change", args=[plan.public_id, visit.public_id])


def test_desk_sees_whose_visits_and_what_is_entered_before_anything_changes(visit, clinic):
    said = words(signed_in(clinic.rosa).get(NEW, asked(clinic)))

    assert "1 visit needs cover" in said
    assert "Tuesday 15 June, 10am Alice Arden Follow up Chen Li Room 1, New York" in said
    assert "Chen Li is entered as away from 14 June 2027 to 20 June 2027" in said
    assert not TimeOff.objects.exists()
    assert not CoverPlan.objects.exists()


def test_proposing_enters_the_time_off_without_a_reason_and_waits(visit, clinic):
    browser = signed_in(clinic.rosa)

    answer = browser.post(NEW, asked(clinic, cause="ill"), follow=True)

    plan = CoverPlan.objects.get()
    off = TimeOff.objects.get()
    assert answer.redirect_chain == [(page_of(plan), 302)]
    assert "We work out a proposal" in words(answer)
    assert f'hx-get="{page_of(plan)}"' in answer.content.decode()
    assert (plan.state, plan.cause, plan.made_by) == ("wanted", "ill", clinic.rosa)
    assert (off.kind, off.practitioner, off.name) == ("away", clinic.chen, "")
    assert (off.starts_at, off.ends_at) == (at(date(2027, 6, 14), 0), at(date(2027, 6, 21), 0))


def test_asking_twice_leads_to_the_one_plan_and_one_time_off(visit, clinic):
    browser = signed_in(clinic.rosa)

    urls = {browser.post(NEW, asked(clinic)).url for _time in range(2)}

    assert urls == {page_of(CoverPlan.objects.get())}
    assert TimeOff.objects.count() == 1


def test_asking_again_after_a_change_has_the_one_plan_worked_out_anew(visit, clinic):
    other = booked_with_chen(clinic, TEN + DAY, client=clinic.bea)
    plan = worked_out(clinic)
    cancel_appointment(appointment=visit, by=clinic.alice.user, now=NOW)

    answer = signed_in(clinic.rosa).post(NEW, asked(clinic))

    assert answer.url == page_of(CoverPlan.objects.get())
    assert CoverPlan.objects.get().state == "wanted"
    work_out_wanted(NOW)
    plan.refresh_from_db()
    assert [step["visit"] for step in plan.proposal] == [str(other.public_id)]


def test_ill_today_is_two_taps_from_the_list_of_those_on_duty(helped):
    booked_with_chen(helped, at(TODAY, 15))
    browser = signed_in(helped.rosa)

    first = browser.get(NEW)
    url = re.findall(r'class="offer" href="([^"]+)"', first.content.decode())[0]
    seen = browser.get(url.replace("&amp;", "&"))
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', seen.content.decode()))
    browser.post(NEW, {name: hidden[name] for name in ("whom", "cause", "span", "from", "to")})

    assert "Chen Li, ill today 1 visit left today" in words(first)
    assert "Chen Li is entered as away on 7 June 2027" in words(seen)
    off = TimeOff.objects.get()
    assert (off.starts_at, off.ends_at) == (NOW, at(TODAY + DAY, 0))


@pytest.mark.parametrize("name", ["practitioner", "from"])
def test_addresses_of_other_pages_fill_the_form(name, visit, clinic):
    query = {
        "practitioner": clinic.chen.public_id,
        "from": "2027-06-14",
        "to": "2027-06-20",
        "cause": "hours",
    }

    said = words(signed_in(clinic.rosa).get(NEW, query))

    # Hours as they stand break nothing, and only the roster's own page changes them.
    assert "No booked visit is in the way." in said
    assert "is entered as away" not in said


def test_closed_room_and_location_are_entered_as_such(visit, clinic):
    room = clinic.rooms[0]
    browser = signed_in(clinic.mia)

    browser.post(NEW, {"room": room.pk, "from": "2027-06-15", "cause": "closed"})
    place = {"location": "new-york", "from": "2027-07-02", "to": "2027-07-02"}
    browser.post(NEW, place)

    blocked, closed = TimeOff.objects.order_by("pk")
    assert (blocked.kind, blocked.room, closed.kind) == ("blocked", room, "closure")
    assert CoverPlan.objects.get().scope == "room"  # nobody comes on 2 July


def test_whole_list_takes_no_time_off(visit, clinic):
    TimeOff.objects.create(
        kind="away", practitioner=clinic.chen, starts_at=TEN - DAY, ends_at=TEN + DAY
    )

    signed_in(clinic.rosa).post(NEW, {"whom": "list", "span": "today"})

    plan = CoverPlan.objects.get()
    assert (plan.scope, TimeOff.objects.count()) == ("list", 1)
    assert work_out_wanted(NOW) == 1
    assert "Chen Li is away then" in words(signed_in(clinic.rosa).get(page_of(plan)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"whom": ""}, "Choose for whom or what."),
        ({"whom": "practitioner:nobody"}, "Choose for whom or what."),
        ({"cause": ""}, "Choose why."),
        ({"cause": "bored"}, "Choose why."),
        ({"span": "ever"}, "Choose when."),
        ({"to": "2027-06-13"}, "The last day comes before the first one."),
        ({"from": "2027-05-01", "to": "2027-05-02"}, "These days are over."),
        ({"from": ""}, "Enter a date."),
        ({"to": "soon"}, "Enter a date, such as 2027-06-30."),
        ({"to": "2029-06-13"}, "Please cover a year at most."),
    ],
)
def test_bad_answer_is_said_at_its_field_and_nothing_is_lost(change, said, visit, clinic):
    browser = signed_in(clinic.rosa)

    answers = [
        browser.get(NEW, asked(clinic, **change)),
        browser.post(NEW, asked(clinic, **change)),
    ]

    for answer in answers:
        assert answer.status_code == 422
        assert said in words(answer)
        assert "There is a problem" in words(answer)
    assert not TimeOff.objects.exists()


def test_proposal_shows_each_visit_as_it_is_and_what_becomes_of_it(visit, clinic):
    plan = worked_out(clinic)

    said = words(signed_in(clinic.rosa).get(page_of(plan)))

    assert "Cover for Chen Li, Mon 14 Jun to Sun 20 Jun" in said
    assert "1 visit 1 keeps its time Chen Li is entered as away from 14 June 2027" in said
    assert "Apply and tell 1 client" in said
    assert "Tuesday 15 June 10am Alice Arden Follow up Chen Li, Room 1" in said
    assert re.search(r"becomes: Same time with Dora Novak, Room \d", said)


def test_proposal_shows_the_very_text_that_the_client_will_read(visit, clinic):
    plan = worked_out(clinic)
    browser = signed_in(clinic.rosa)
    page = browser.get(page_of(plan)).content.decode()
    shown = re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL).group(1)

    browser.post(page_of(plan), {"act": "apply"})

    sent = written(Message.objects.get(kind="cover_moved"))
    assert words_of(shown) == words_of(f"{sent.subject} {sent.text}")


def words_of(text: str) -> list[str]:
    plain = text.replace("&#x27;", "'").replace("&amp;", "&")
    return re.sub(r"http://testserver/v/\S+", "LINK", plain).split()


def test_session_shows_its_place_and_gap_and_an_offer_until_when_it_is_kept(clinic):
    make_weekly(clinic)
    send_all()
    plan = worked_out(clinic, to="2027-06-14")

    said = words(signed_in(clinic.rosa).get(page_of(plan)))

    assert "1 is offered another time" in said
    assert "An offer, kept until Wednesday 9 June, 8am." in said
    assert re.search(r"Session 2 of 5, \d+ days after session 1", said)
    assert "(a link of their own)" in said


def test_applying_moves_tells_and_says_who_was_told_how(visit, clinic):
    plan = worked_out(clinic)

    answer = signed_in(clinic.rosa).post(page_of(plan), {"act": "apply"}, follow=True)

    visit.refresh_from_db()
    plan.refresh_from_db()
    said = words(answer)
    assert (visit.practitioner, visit.starts_at, plan.state) == (clinic.dora, TEN, "applied")
    assert "Applied by Rosa Reed." in said
    assert re.search(r"Alice Arden Tuesday 15 June, 10am Same time with Dora Novak, Room \d", said)
    assert "E-mail: Waiting, due today, 8:03am" in said


def test_double_click_and_two_people_apply_once(visit, clinic):
    plan = worked_out(clinic)
    rosa, mia = signed_in(clinic.rosa), signed_in(clinic.mia)

    answers = [who.post(page_of(plan), {"act": "apply"}) for who in (rosa, rosa, mia)]

    assert [answer.status_code for answer in answers] == [302, 302, 302]
    assert Message.objects.filter(kind="cover_moved").count() == 1
    plan.refresh_from_db()
    assert plan.settled_by == clinic.rosa


def test_change_meanwhile_is_named_nothing_applied_and_proposed_anew(visit, clinic):
    other = booked_with_chen(clinic, TEN + DAY, clinic.bea)
    plan = worked_out(clinic)
    cancel_appointment(appointment=visit, by=clinic.rosa, now=NOW)
    browser = signed_in(clinic.rosa)

    answer = browser.post(page_of(plan), {"act": "apply"}, follow=True)
    work_out_wanted(NOW)
    anew = words(browser.get(page_of(plan)))

    other.refresh_from_db()
    assert "Changed meanwhile: Alice Arden (Tue 15 Jun, 10am). Nothing was applied" in words(answer)
    assert other.practitioner == clinic.chen
    assert "1 visit 1 keeps its time" in anew
    assert "Bea Brook" in anew
    assert "Alice" not in anew


def test_plan_that_was_set_aside_says_so_and_is_not_applied(visit, clinic):
    plan = worked_out(clinic)
    browser = signed_in(clinic.rosa)

    aside = browser.post(page_of(plan), {"act": "discard"}, follow=True)
    late = browser.post(page_of(plan), {"act": "apply"}, follow=True)

    visit.refresh_from_db()
    assert "The proposal is set aside. The time off stays" in words(aside)
    assert "This proposal was set aside" in words(late)
    assert visit.practitioner == clinic.chen


def test_time_off_goes_with_a_plan_if_the_desk_says_so(visit, clinic):
    plan = worked_out(clinic)
    browser = signed_in(clinic.rosa)

    page = words(browser.get(page_of(plan)))
    aside = [browser.post(page_of(plan), {"act": "discard-off"}, follow=True) for _time in range(2)]

    plan.refresh_from_db()
    assert "Chen Li is entered as away from 14 June 2027 to 20 June 2027." in page
    assert "Set aside, keep the time off Set aside, end the time off" in page
    assert "the time off is taken back" in words(aside[0])
    assert "This proposal was set aside" in words(browser.get(page_of(plan)))
    assert (plan.state, TimeOff.objects.count()) == ("discarded", 0)


def test_time_off_longer_than_the_plan_is_not_offered_to_end(visit, clinic):
    plan = worked_out(clinic)
    TimeOff.objects.update(ends_at=at(date(2027, 6, 25), 0))
    browser = signed_in(clinic.rosa)

    page = words(browser.get(page_of(plan)))
    browser.post(page_of(plan), {"act": "discard-off"})

    assert "end the time off" not in page
    assert TimeOff.objects.count() == 1


def test_location_out_of_use_is_covered_from_the_list_without_time_off(visit, clinic):
    type(clinic.location).objects.filter(pk=clinic.location.pk).update(is_active=False)
    browser = signed_in(clinic.rosa)

    listed = browser.get("/cover/")
    url = re.search(
        r'href="(/cover/new/[^"]+)"[^>]*>Cover all of New York', listed.content.decode()
    )
    assert url is not None
    asked_for = browser.get(url[1].replace("&amp;", "&"))
    whom = {"whom": "location:new-york", "span": "dates", "from": "2027-06-15", "to": "2027-06-15"}
    browser.post(NEW, whom)
    work_out_wanted(NOW)
    plan = CoverPlan.objects.get()
    browser.post(page_of(plan), {"act": "apply"})

    assert "Location closed: New York takes no bookings any more" in words(listed)
    assert "Choose another time" not in words(listed)
    assert "1 visit needs cover" in words(asked_for)
    assert "so that nothing new is booked" not in words(asked_for)
    assert not TimeOff.objects.exists()
    assert [row.client for row in CallEntry.objects.filter(reason="cover")] == [clinic.alice]


def test_plan_with_nothing_left_says_so(visit, clinic):
    plan = worked_out(clinic)
    CoverPlan.objects.update(proposal=[])

    said = words(signed_in(clinic.rosa).get(page_of(plan)))

    assert "Nothing is left to cover here" in said
    assert "Apply" not in said


def test_failed_plan_can_be_tried_again(visit, clinic):
    plan = worked_out(clinic)
    CoverPlan.objects.update(state="failed")
    browser = signed_in(clinic.rosa)

    said = words(browser.get(page_of(plan)))
    browser.post(page_of(plan), {"act": "again"})

    plan.refresh_from_db()
    assert "No proposal could be worked out" in said
    assert plan.state == "wanted"


def test_plan_that_takes_long_says_so(visit, clinic):
    signed_in(clinic.rosa).post(NEW, asked(clinic))
    plan = CoverPlan.objects.get()

    with time_machine.travel(NOW + timedelta(minutes=2)):
        said = words(signed_in(clinic.rosa).get(page_of(plan)))

    assert "It takes longer than usual." in said


def test_made_up_act_changes_nothing(visit, clinic):
    plan = worked_out(clinic)

    answer = signed_in(clinic.rosa).post(page_of(plan), {"act": "explode"}, follow=True)

    assert "Please use one of the buttons. Nothing was changed." in words(answer)


def test_another_choice_for_one_visit_stays_until_applied(visit, clinic):
    plan = worked_out(clinic)
    browser = signed_in(clinic.rosa)
    page = browser.get(change_page(plan, visit))
    keys = re.findall(r'name="choice"[^>]*value="([^"]+)"', page.content.decode())

    answer = browser.post(change_page(plan, visit), {"choice": "call"}, follow=True)
    browser.post(page_of(plan), {"act": "apply"})

    visit.refresh_from_db()
    assert keys[-1] == "call"
    assert len(keys) > 2
    assert "Alice Arden: changed in the proposal." in words(answer)
    assert "becomes: Call list" in words(answer)
    assert "Chosen by hand" in words(answer)
    assert visit.practitioner == clinic.chen
    assert CallEntry.objects.get(settled_at=None).reason == "cover"


def test_another_time_chosen_by_hand_is_offered(visit, clinic):
    plan = worked_out(clinic)
    browser = signed_in(clinic.rosa)
    page = browser.get(change_page(plan, visit)).content.decode()
    keys = re.findall(r'name="choice"[^>]*value="([^"]+)"', page)
    other = next(key for key in keys if key != "call" and "20270615T1400" not in key)

    browser.post(change_page(plan, visit), {"choice": other})
    said = words(browser.post(page_of(plan), {"act": "apply"}, follow=True))

    offer = CoverOffer.objects.get()
    assert (offer.appointment, offer.state) == (visit, "open")
    assert "Waits for an answer until Wednesday 9 June, 8am" in said


@pytest.mark.parametrize("choice", ["", "20270615T0300-1", "nonsense"])
def test_choice_that_is_not_there_is_said_at_the_choices(choice, visit, clinic):
    plan = worked_out(clinic)

    answer = signed_in(clinic.rosa).post(change_page(plan, visit), {"choice": choice})

    assert answer.status_code == 422
    assert "Choose one of these." in words(answer)


def test_visit_of_no_plan_has_no_choices(visit, clinic):
    plan = worked_out(clinic)
    url = reverse("cover-change", args=[plan.public_id, uuid4()])

    assert signed_in(clinic.rosa).get(url).status_code == 404


def test_practitioner_asks_for_own_cover_sees_it_and_leaves_it_to_the_desk(visit, clinic):
    chen = signed_in(clinic.chen.user)

    answer = chen.post(NEW, asked(clinic))
    work_out_wanted(NOW)
    plan = CoverPlan.objects.get()
    said = words(chen.get(page_of(plan)))
    applied = chen.post(page_of(plan), {"act": "apply"})

    plan.refresh_from_db()
    assert answer.url == page_of(plan)
    assert "Reception looks at this and applies it." in said
    assert "Apply and tell" not in said
    assert (applied.status_code, plan.state) == (404, "ready")
    assert chen.get(change_page(plan, visit)).status_code == 404


def test_practitioner_covers_for_nobody_else(visit, clinic):
    dora = signed_in(clinic.dora.user)

    answer = dora.post(NEW, asked(clinic))

    assert answer.status_code == 422
    assert "Chen" not in words(dora.get(NEW))
    assert not CoverPlan.objects.exists()


@pytest.mark.parametrize("who", ["dora", "alice", "bea"])
def test_stranger_finds_no_plan(who, visit, clinic):
    plan = worked_out(clinic)
    browser = signed_in(getattr(clinic, who).user)

    answers = [
        browser.get(page_of(plan)),
        browser.post(page_of(plan), {"act": "apply"}),
        browser.post(page_of(plan), {"act": "discard"}),
        browser.get(change_page(plan, visit)),
        browser.get("/cover/plans/"),
    ]

    plan.refresh_from_db()
    assert {answer.status_code for answer in answers} == {404}
    assert plan.state == "ready"


def test_plans_that_wait_and_that_were_applied_stand_on_their_page(visit, clinic):
    browser = signed_in(clinic.rosa)
    empty = words(browser.get("/cover/plans/"))
    plan = worked_out(clinic)
    waiting = words(browser.get("/cover/plans/"))
    browser.post(page_of(plan), {"act": "apply"})
    applied = words(browser.get("/cover/plans/"))

    assert "No offered time waits." in empty
    assert "Proposals Cover for Chen Li, Mon 14 Jun to Sun 20 Jun proposed" in waiting
    assert "Applied lately Cover for Chen Li" in applied


@pytest.mark.parametrize("rows", [3, 30])
def test_plan_asks_as_often_for_three_visits_as_for_thirty(rows, helped):
    """Ask for visits spread over weeks, three a day."""
    for number in range(rows):
        on = TUESDAY + timedelta(weeks=number // 3)
        client = make_client(f"C{number} X")
        book_visit(
            client,
            helped.follow_up,
            helped.location,
            at(on, 9 + 2 * (number % 3)),
            practitioner=helped.chen,
            by=helped.rosa,
        )
    make_weekly(helped, helped.bea)
    plan = worked_out(helped, **{"from": "2027-06-08", "to": "2027-12-24"})
    browser = signed_in(helped.rosa)
    browser.get(page_of(plan))

    with CaptureQueriesContext(connection) as queries:
        page = browser.get(page_of(plan))

    assert page.content.decode().count('class="cover-was"') == rows + 4
    # The catalogue, the time off, the visits, their sessions with all visits of the courses, the
    # offers with what they hold, and what the navigation counts.
    assert len(diary_queries(queries)) == PLAN_QUERIES


PLAN_QUERIES = 6


def test_new_page_asks_as_often_for_one_visit_as_for_three(helped):
    counts = []
    for number in range(3):
        booked_with_chen(helped, TEN + number * DAY, make_client(f"N{number} X"))
        browser = signed_in(helped.rosa)
        browser.get(NEW, asked(helped))
        with CaptureQueriesContext(connection) as queries:
            browser.get(NEW, asked(helped))
        counts.append(len(diary_queries(queries)))

    assert len(set(counts)) == 1


def test_discarded_plan_of_the_past_is_no_offer(clinic):
    make_plan(clinic, state="discarded", settled_at=NOW, settled_by=clinic.rosa)

    assert "Proposals Cover for" not in words(signed_in(clinic.rosa).get("/cover/plans/"))
