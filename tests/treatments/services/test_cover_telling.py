"""Cover is told once a client: what stays true of it, and at short notice by a call too."""

import re
from datetime import timedelta

import pytest
from icalendar import Calendar

from bookings.models import Appointment
from bookings.services.moving import move_appointment
from bookings.services.telling import standing_of
from clinic.messaging.outbox import after_grace
from clinic.messaging.registry import Dropped, Skipped, kind_named
from clinic.models import CallEntry, Client, Message
from clinic.selectors.catalogue import catalogue
from tests.factories.clinic import NOW, TODAY, at, make_client, make_small_clinic
from tests.support.covering import (
    KEPT_UNTIL,
    TEN,
    booked_with_chen,
    kept_by_dora,
    make_plan,
    offered,
    tell,
)
from tests.support.telling import answer, consent, send_all, waiting, written
from treatments.models import CoverOffer
from treatments.services.cover_telling import ToldStep

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def plan(clinic):
    return make_plan(clinic)


@pytest.fixture
def visit(clinic, plan):
    """Give a visit of which the client knows."""
    visit = booked_with_chen(clinic)
    send_all()
    return visit


def calls() -> list[tuple[str, object]]:
    rows = CallEntry.objects.filter(settled_at=None).order_by("pk")
    return [(row.reason, row.call_by) for row in rows]


def test_visit_that_keeps_its_time_is_told_with_both_names(clinic, plan, visit):
    tell(plan, kept_by_dora(visit, clinic))

    row = Message.objects.get(kind="cover_moved")
    found = written(row)
    assert (row.due_at, calls()) == (after_grace(NOW), [])
    assert found.subject == "A change to your appointment on Tuesday 15 June, 10am"
    assert (
        "Your appointment stays at its time. Chen Li can’t be with you that day, "
        "so Dora Novak will see you.\n\n"
        "    Tuesday 15 June, 10am\n"
        "      same time, with Dora Novak\n"
    ) in found.text
    assert re.search(r"Choose another time: http://testserver/v/\S+", found.text)
    [part] = found.attachments
    event = Calendar.from_ical(part.content).walk("VEVENT")[0]
    assert (part.parameters, event["SEQUENCE"]) == ((("method", "REQUEST"),), 1)


def test_offered_time_is_told_with_its_end_a_link_and_no_calendar_part(clinic, plan, visit):
    step = offered(visit, plan, clinic, TEN + 8 * DAY)

    tell(plan, step)

    found = written(Message.objects.get(kind="cover_offered"))
    assert found.subject == "A new time for your appointment"
    assert "Your appointment on Tuesday 15 June, 10am can’t take place as booked." in found.text
    assert "keep it for you until Wednesday 9 June, 8am." in found.text
    assert (
        "    Wednesday 23 June, 10am\n      with Chen Li, instead of Tuesday 15 June, 10am\n"
    ) in found.text
    assert "Say yes, or choose another time: http://testserver/v/" in found.text
    assert found.attachments == ()


def test_same_time_that_needs_a_yes_does_not_speak_of_another_time(clinic, plan, visit):
    step = offered(visit, plan, clinic, TEN, practitioner=clinic.dora)

    tell(plan, step)

    text = written(Message.objects.get(kind="cover_offered")).text
    assert "    Tuesday 15 June, 10am\n      same time, with Dora Novak\n" in text


def test_client_with_several_visits_gets_one_message_with_all(clinic, plan, visit):
    others = [booked_with_chen(clinic, TEN + days * DAY) for days in (7, 14)]
    send_all()

    tell(
        plan,
        kept_by_dora(visit, clinic),
        kept_by_dora(others[0], clinic),
        offered(others[1], plan, clinic, TEN + 15 * DAY),
    )

    found = written(Message.objects.get(state="due"))
    assert waiting() == [("cover_offered", "email")]
    assert found.subject == "Your appointments change: please answer"
    assert found.text.count("same time, with Dora Novak") == 2
    assert "kept for you until Wednesday 9 June, 8am" in found.text
    assert "Answer for Wednesday 30 June, 10am: http://testserver/v/" in found.text
    assert [part.name for part in found.attachments] == ["appointment-1.ics", "appointment-2.ics"]


def test_another_room_is_no_news_to_a_client(plan, visit):
    tell(plan, ToldStep(visit, standing_of(visit)))

    assert waiting() == []


def test_telling_twice_writes_once(clinic, plan, visit):
    step = kept_by_dora(visit, clinic)

    tell(plan, step)
    tell(plan, step)

    assert waiting() == [("cover_moved", "email")]


def test_change_of_the_next_day_goes_out_at_once_by_all_channels_and_a_call(clinic, plan):
    consent(clinic.alice)
    visit = booked_with_chen(clinic, at(TODAY, 15))
    send_all()

    tell(plan, kept_by_dora(visit, clinic))

    rows = Message.objects.filter(kind="cover_moved")
    assert {(row.channel, row.due_at) for row in rows} == {("email", NOW), ("sms", NOW)}
    assert calls() == [("changed_soon", at(TODAY, 15))]


def test_offer_instead_of_a_visit_today_stands_on_the_call_list(clinic, plan):
    visit = booked_with_chen(clinic, at(TODAY, 15))
    send_all()
    until = at(TODAY, 12)

    tell(plan, offered(visit, plan, clinic, TEN, until=until))

    assert calls() == [("offered", until)]


def test_client_without_an_address_is_called_about_each_visit(clinic, plan):
    cleo = make_client("Cleo Quiet", login=False)
    Client.objects.filter(pk=cleo.pk).update(email="")
    visits = [booked_with_chen(clinic, TEN + days * DAY, cleo) for days in (0, 7)]
    CallEntry.objects.all().delete()

    tell(
        plan,
        kept_by_dora(visits[0], clinic),
        offered(visits[1], plan, clinic, TEN + 8 * DAY),
    )

    assert calls() == [("no_address", TEN), ("offered", KEPT_UNTIL)]
    assert not Message.objects.filter(kind__startswith="cover_", client=cleo).exists()


def test_visit_booked_a_moment_ago_is_told_as_booked(clinic, plan):
    visit = booked_with_chen(clinic)

    tell(plan, kept_by_dora(visit, clinic))

    assert waiting() == [("visit_booked", "email")]
    assert Message.objects.get(state="due").about_version == 1


def test_only_what_is_still_true_is_said(clinic, plan, visit):
    other = booked_with_chen(clinic, TEN + 7 * DAY)
    send_all()
    tell(plan, kept_by_dora(visit, clinic), offered(other, plan, clinic, TEN + 8 * DAY))
    CoverOffer.objects.update(state="accepted", answered_at=NOW)

    found = written(Message.objects.get(state="due"))

    assert "same time, with Dora Novak" in found.text
    assert "23 June" not in found.text


@pytest.mark.parametrize("change", [{"state": "cancelled"}, {"version": 7}, {"state": "no_show"}])
def test_message_about_a_visit_that_changed_since_is_dropped(change, clinic, plan, visit):
    tell(plan, kept_by_dora(visit, clinic))
    type(visit).objects.filter(pk=visit.pk).update(**change)

    assert isinstance(answer(Message.objects.get(kind="cover_moved")), Dropped)


def test_offer_that_ran_out_is_dropped_and_a_visit_that_began_skipped(clinic, plan, visit):
    tell(plan, offered(visit, plan, clinic, TEN + 8 * DAY))
    row = Message.objects.get(kind="cover_offered")

    assert isinstance(answer(row, KEPT_UNTIL), Dropped)
    assert isinstance(answer(row, visit.starts_at), Skipped)


def test_message_to_a_client_whose_visit_is_somebody_elses_now_is_dropped(clinic, plan, visit):
    tell(plan, kept_by_dora(visit, clinic))
    type(visit).objects.filter(pk=visit.pk).update(client=clinic.bea)

    assert isinstance(answer(Message.objects.get(kind="cover_moved")), Dropped)


def test_asking_takes_three_queries_whatever_the_number(
    clinic, plan, visit, django_assert_num_queries
):
    tell(plan, kept_by_dora(visit, clinic))
    other = booked_with_chen(clinic, TEN + 7 * DAY, clinic.bea)
    send_all_but_cover()
    tell(plan, offered(other, plan, clinic, TEN + 8 * DAY))
    rows = list(Message.objects.filter(state="due").select_related("client", "location"))

    with django_assert_num_queries(3):
        answers = kind_named("cover_offered").wanted(rows, NOW)

    assert len(answers) == 2


def send_all_but_cover() -> None:
    Message.objects.filter(state="due", kind="visit_booked").update(
        state="sent", sent_at=NOW, address="a@example.com"
    )


def move_to(visit, practitioner, *, by, starts_at=TEN, now=NOW):
    """Move a visit through the service, as the desk does."""
    practitioner.services.add(visit.service)
    visit = Appointment.objects.with_people().get(pk=visit.pk)
    return move_appointment(
        appointment=visit,
        starts_at=starts_at,
        practitioner_id=practitioner.pk,
        catalogue=catalogue(),
        by=by,
        now=now,
    )


def test_moved_back_before_cover_was_told_sends_nothing(clinic, plan, visit):
    tell(plan, kept_by_dora(visit, clinic))

    move_to(visit, clinic.chen, by=clinic.rosa)

    [row] = Message.objects.filter(state="due")
    assert (row.kind, type(answer(row))) == ("cover_moved", Dropped)


def test_moved_on_before_cover_was_told_names_who_the_client_knows(clinic, plan, visit):
    tell(plan, kept_by_dora(visit, clinic))

    move_to(visit, clinic.chen, by=clinic.rosa, starts_at=TEN + timedelta(hours=2))

    row = Message.objects.get(state="due", kind="visit_moved")
    assert row.details["old_practitioner"] == clinic.chen.pk
    assert "Dora" not in written(row).text


def test_moved_back_after_cover_was_told_is_told(clinic, plan, visit):
    tell(plan, kept_by_dora(visit, clinic))
    send_all()

    move_to(visit, clinic.chen, by=clinic.rosa)

    row = Message.objects.get(state="due")
    assert (row.kind, row.details["old_practitioner"]) == ("visit_moved", clinic.dora.pk)
