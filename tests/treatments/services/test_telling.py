"""What changes a course is told once, with the change itself, and only its net effect."""

from datetime import date, timedelta

import pytest

from bookings.models import Appointment
from bookings.refusals import SlotTaken
from bookings.services.cancelling import cancel_appointment
from bookings.services.moving import move_appointment
from bookings.services.reminding import write_due_reminders
from clinic.messaging.outbox import after_grace
from clinic.messaging.registry import kind_named
from clinic.models import CallEntry, Message
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic
from tests.factories.courses import make_course
from tests.support.aftercare import (
    complete,
    make_weekly,
    miss,
    missed_and_planned,
    other_clients,
    visit_in,
)
from tests.support.telling import answer, consent, move_session, send_all, view, waiting
from treatments.domain.telling import Told
from treatments.models import Course, Repair
from treatments.services.accepting import accept_repair, accept_repair_by_link
from treatments.services.changing import apply_change
from treatments.services.courses import OneCourseAtATime
from treatments.services.ending import change_length, finish_early, stop_course
from treatments.services.missing import preview_missing
from treatments.services.proposing import preview_cancel, preview_pause
from treatments.services.repairing import plan_repair
from treatments.services.repairs import release_expired, release_repair, settle_repairs

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
PLANNED, CHANGED, PROPOSED = "course_planned", "course_changed", "repair_proposed"
EMAIL = "email"


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def told(clinic):
    """A course of five Mondays at 10, whose client knows all dates."""
    course = make_weekly(clinic)
    send_all()
    return course


def newest(kind: str = CHANGED) -> Message:
    return Message.objects.filter(kind=kind).latest("pk")


def moved(row: Message) -> list[tuple[str | None, str | None]]:
    """Return the lines of a change as it would be sent: old and new day and hour."""
    return [(hour(line.was), hour(line.now)) for line in answer(row).about.lines]


def hour(told: Told | None) -> str | None:
    return f"{told.starts_at:%m-%d %H}" if told else None


def cancel_session(course: Course, number: int, *, by, book_again: bool, now=NOW) -> Course:
    change = preview_cancel(view=view(course), number=number, book_again=book_again, by=by, now=now)
    return apply_change(change=change, by=by, now=now)


def test_course_is_told_in_one_message_after_the_grace(clinic) -> None:
    course = make_weekly(clinic)

    row = Message.objects.get()
    assert (row.kind, row.channel, row.client) == (PLANNED, EMAIL, clinic.alice)
    assert (row.about, row.about_id, row.about_version) == ("course", course.pk, course.version)
    assert (row.due_at, row.location) == (after_grace(NOW), clinic.location)
    assert len(answer(row).about.visits) == 5


def test_first_visit_booked_before_is_told_with_the_course(clinic) -> None:
    thursday = at(date(2027, 6, 10), 10)
    first = book_visit(clinic.alice, clinic.first_visit, clinic.location, thursday)

    make_course(clinic, first_visit=first)

    assert waiting() == [(PLANNED, EMAIL)]
    assert answer(newest(PLANNED)).about.visits[0] == first


def test_reminder_of_a_first_visit_waits_on_when_a_course_begins_with_it(clinic) -> None:
    thursday = at(date(2027, 6, 17), 10)
    first = book_visit(clinic.alice, clinic.first_visit, clinic.location, thursday)
    send_all()
    write_due_reminders(now=at(date(2027, 6, 14), 11))
    assert waiting() == [("visit_early", EMAIL)]

    make_course(clinic, first_visit=first)

    assert waiting() == [("visit_early", EMAIL), (PLANNED, EMAIL)]


def test_course_that_is_refused_is_not_told(clinic) -> None:
    make_course(clinic)
    with pytest.raises(OneCourseAtATime):
        make_course(clinic)

    assert waiting() == [(PLANNED, EMAIL)]


def test_moved_session_is_told_with_both_times(told) -> None:
    course = move_session(told, 3, days=1)

    row = newest()
    assert waiting() == [(CHANGED, EMAIL)]
    assert (row.about_version, row.due_at) == (course.version, after_grace(NOW))
    assert moved(row) == [("06-21 14", "06-22 14")]


def test_move_within_the_grace_of_the_plan_leaves_the_plan_with_the_new_dates(clinic) -> None:
    course = move_session(make_weekly(clinic), 3, days=1, now=NOW + MINUTE)

    assert waiting() == [(PLANNED, EMAIL)]
    assert newest(PLANNED).about_version == course.version
    assert newest(PLANNED).due_at == after_grace(NOW + MINUTE)
    assert answer(newest(PLANNED)).about.visits[2].starts_at == at(date(2027, 6, 22), 10)


def test_two_changes_within_the_grace_are_told_as_one(told) -> None:
    course = move_session(told, 3, days=1)
    move_session(course, 4, days=2, now=NOW + MINUTE)

    assert waiting() == [(CHANGED, EMAIL)]
    assert moved(newest()) == [("06-21 14", "06-22 14"), ("06-28 14", "06-30 14")]


def test_moved_and_moved_back_within_the_grace_is_not_told(told) -> None:
    course = move_session(told, 3, days=1)
    move_session(course, 3, days=-1, now=NOW + MINUTE)

    assert waiting() == []


def test_course_stopped_within_the_grace_of_its_booking_is_not_told(clinic) -> None:
    course = make_weekly(clinic)
    stop_course(view=view(course), by=clinic.alice.user, now=NOW + MINUTE)

    assert waiting() == []


def test_course_stopped_later_is_told_in_one_message(told, clinic) -> None:
    stop_course(view=view(told), by=clinic.alice.user, now=NOW)

    assert waiting() == [(CHANGED, EMAIL)]
    assert [new for _was, new in moved(newest())] == [None] * 5
    assert newest().details["by_client"] is True


def test_change_by_the_clinic_after_the_clients_own_is_told_besides_the_plan(clinic) -> None:
    course = make_weekly(clinic)
    move_session(course, 3, days=1, by=clinic.rosa, now=NOW + MINUTE)

    assert waiting() == [(PLANNED, EMAIL), (CHANGED, EMAIL)]
    assert moved(newest()) == [("06-21 14", "06-22 14")]


def test_message_being_sent_counts_as_told(told) -> None:
    course = move_session(told, 3, days=1)
    Message.objects.filter(kind=CHANGED).update(
        state="claimed", claim="9b2f6f2e-5f0a-4f0e-8f43-0f9f5b4f1c11", lease_until=NOW
    )
    move_session(course, 3, days=1, now=NOW + MINUTE)

    assert waiting() == [(CHANGED, EMAIL)]
    assert moved(newest()) == [("06-22 14", "06-23 14")]


def test_single_move_that_waits_is_told_with_the_course(told, clinic) -> None:
    visit = visit_in(told, 3)
    cancel_appointment(appointment=visit, by=clinic.alice.user, now=NOW)
    assert waiting() == [("visit_cancelled", EMAIL)]

    change = preview_missing(view=view(told), by=clinic.alice.user, now=NOW + MINUTE)
    apply_change(change=change, by=clinic.alice.user, now=NOW + MINUTE)

    kinds = [kind for kind, _channel in waiting()]
    assert kinds == ["visit_cancelled", CHANGED]
    assert [was for was, _new in moved(newest())] == [None]


def test_session_moved_alone_and_then_with_others_is_told_once(told, clinic) -> None:
    visit = visit_in(told, 3)
    move_appointment(
        appointment=visit,
        starts_at=visit.starts_at + timedelta(days=1),
        practitioner_id=visit.practitioner_id,
        catalogue=catalogue(),
        by=clinic.alice.user,
        now=NOW,
    )
    assert waiting() == [("visit_moved", EMAIL)]

    move_session(told, 3, days=1, now=NOW + MINUTE)

    assert waiting() == [(CHANGED, EMAIL)]
    assert moved(newest()) == [("06-21 14", "06-23 14")]


def test_cancelled_session_with_a_replacement_is_told_as_one_line(told, clinic) -> None:
    cancel_session(told, 3, by=clinic.alice.user, book_again=True)

    [(was, new)] = moved(newest())
    assert waiting() == [(CHANGED, EMAIL)]
    assert (was, new is not None and new != was) == ("06-21 14", True)


def test_cancelled_session_is_told_by_the_course_alone(told, clinic) -> None:
    cancel_session(told, 3, by=clinic.alice.user, book_again=False)

    assert waiting() == [(CHANGED, EMAIL)]
    assert moved(newest()) == [("06-21 14", None)]


def test_pause_is_told_with_all_that_moves(told, clinic) -> None:
    first = date(2027, 6, 20)
    change = preview_pause(
        view=view(told),
        first_date=first,
        end_date=date(2027, 6, 27),
        by=clinic.alice.user,
        now=NOW,
    )
    apply_change(change=change, by=clinic.alice.user, now=NOW)

    assert waiting() == [(CHANGED, EMAIL)]
    assert len(moved(newest())) == len(change.sessions) >= 1


def test_shorter_course_tells_what_is_cancelled_and_a_longer_one_nothing(told, clinic) -> None:
    course = change_length(view=view(told), length=6, reason="asked", by=clinic.rosa, now=NOW)
    assert waiting() == []

    change_length(view=view(course), length=4, reason="asked", by=clinic.rosa, now=NOW)

    assert moved(newest()) == [("07-05 14", None)]
    assert newest().details["by_client"] is False


def test_course_finished_early_tells_what_is_cancelled(told, clinic) -> None:
    Appointment.objects.filter(pk=visit_in(told, 1).pk).update(state="completed")
    later = at(date(2027, 6, 8), 9)
    finish_early(view=view(told), reason="enough", by=clinic.rosa, now=later)

    assert len(answer(newest(), later).about.lines) == 4


def test_change_by_the_clinic_within_a_day_goes_at_once_everywhere_and_is_called(
    told, clinic
) -> None:
    consent(clinic.alice)
    now = visit_in(told, 2).starts_at - timedelta(hours=20)
    course = move_session(told, 2, days=1, by=clinic.rosa, now=now)

    assert waiting() == [(CHANGED, EMAIL), (CHANGED, "sms")]
    assert newest().due_at == now
    entry = CallEntry.objects.get()
    assert (entry.reason, entry.about, entry.about_id) == ("changed_soon", "course", course.pk)
    assert entry.call_by == at(date(2027, 6, 14), 10)


def test_call_is_ticked_off_when_the_course_changes_again(told, clinic) -> None:
    now = visit_in(told, 2).starts_at - timedelta(hours=20)
    course = move_session(told, 2, days=1, by=clinic.rosa, now=now)
    move_session(course, 2, days=1, by=clinic.rosa, now=now + MINUTE)

    calls = CallEntry.objects.order_by("pk").values_list("settled_at", flat=True)
    assert [call is None for call in calls] == [False, True]


def test_change_by_the_clinic_for_a_client_without_address_is_called(told, clinic) -> None:
    clinic.alice.email = ""
    clinic.alice.save()

    move_session(told, 3, days=1, by=clinic.rosa)

    assert CallEntry.objects.get().reason == "no_address"


def test_what_is_rolled_back_is_not_told(told, clinic, monkeypatch) -> None:
    def refuse(**_wanted):
        raise SlotTaken

    monkeypatch.setattr("treatments.services.changing.write_series", refuse)
    with pytest.raises(SlotTaken):
        move_session(told, 3, days=1)

    assert waiting() == []


def test_plan_is_dropped_once_nothing_of_it_is_booked(clinic) -> None:
    make_weekly(clinic)
    Appointment.objects.update(state="cancelled")

    assert answer(newest(PLANNED)).reason == "None of the visits is booked any more."


def test_change_is_dropped_once_all_is_as_the_client_knows_it(told) -> None:
    move_session(told, 3, days=1)
    row = newest()
    Appointment.objects.filter(pk=visit_in(told, 3).pk).update(
        starts_at=at(date(2027, 6, 21), 10), ends_at=at(date(2027, 6, 21), 11)
    )

    assert answer(row).reason == "The visits are as the client knows them."


def test_change_is_skipped_once_its_times_have_come(told) -> None:
    move_session(told, 3, days=1)

    assert answer(newest(), at(date(2027, 6, 22), 11)).reason == "The visits’ time has come."


def test_messages_of_a_course_that_is_anothers_by_now_are_dropped(told, clinic) -> None:
    move_session(told, 3, days=1)
    Course.objects.update(client=clinic.bea)

    assert answer(newest()).reason == "The visits are not this client’s any more."


@pytest.mark.parametrize("courses", [1, 3])
def test_asking_takes_two_queries_for_any_number(
    courses, clinic, django_assert_num_queries
) -> None:
    for client in [clinic.alice, *other_clients(clinic, 3)][:courses]:
        course = make_weekly(clinic, client)
        send_all()
        move_session(course, 3, hours=4)
    for kind in (PLANNED, CHANGED):
        rows = list(Message.objects.filter(kind=kind))
        assert len(rows) == courses
        with django_assert_num_queries(2):
            kind_named(kind).wanted(rows, NOW)


def test_proposal_goes_to_the_client_by_every_channel(clinic) -> None:
    consent(clinic.alice)
    course = make_weekly(clinic)
    send_all()
    repair, _now = missed_and_planned(course, clinic)

    assert waiting() == [(PROPOSED, EMAIL), (PROPOSED, "sms")]
    row = newest(PROPOSED)
    assert (row.about, row.about_id) == ("repair", repair.pk)
    assert row.about_version == repair.course_version
    assert CallEntry.objects.count() == 0


def test_proposal_made_at_night_waits_for_the_morning(told, clinic) -> None:
    complete(told, 1)
    repair, _now = miss(told, 2, clinic)
    night = at(date(2027, 6, 14), 21)

    plan_repair(repair=repair, now=night)

    assert newest(PROPOSED).due_at == at(date(2027, 6, 15), 9)


def test_proposal_without_address_is_called_in_time(told, clinic) -> None:
    clinic.alice.email = ""
    clinic.alice.save()
    repair, _now = missed_and_planned(told, clinic)

    entry = CallEntry.objects.get()
    assert (entry.reason, entry.about, entry.about_id) == ("repair", "repair", repair.pk)
    assert entry.call_by == repair.expires_at


def accepted(repair: Repair, now, clinic) -> None:
    accept_repair(repair=repair, by=clinic.rosa, now=now)


def accepted_by_link(repair: Repair, now, clinic) -> None:
    accept_repair_by_link(repair=repair, now=now)


def released(repair: Repair, now, clinic) -> None:
    release_repair(repair=repair, by=clinic.rosa, now=now)


def obsolete(repair: Repair, now, clinic) -> None:
    settle_repairs(course=repair.course, by=None, now=now)


def run_out(repair: Repair, now, clinic) -> None:
    release_expired(repair.expires_at)


@pytest.mark.parametrize("settle", [accepted, accepted_by_link, released, obsolete, run_out])
def test_settled_proposal_is_taken_back(settle, told, clinic) -> None:
    clinic.alice.phone = "+12125550123"
    clinic.alice.save()
    repair, now = missed_and_planned(told, clinic)
    clinic.alice.email = ""
    CallEntry.objects.create(
        dedupe_key="repair:1",
        client=clinic.alice,
        location=clinic.location,
        reason="repair",
        about="repair",
        about_id=repair.pk,
        created_at=now,
    )

    settle(Repair.objects.select_related("course__client").get(pk=repair.pk), now, clinic)

    assert newest(PROPOSED).state == "dropped"
    assert CallEntry.objects.get().settled_at is not None


@pytest.mark.parametrize(("answer_it", "by_client"), [(accepted, False), (accepted_by_link, True)])
def test_accepted_proposal_is_told_as_a_change(answer_it, by_client, told, clinic) -> None:
    repair, now = missed_and_planned(told, clinic)

    answer_it(Repair.objects.select_related("course__client").get(pk=repair.pk), now, clinic)

    assert waiting() == [(CHANGED, EMAIL)]
    assert newest().details["by_client"] is by_client
    lines = answer(newest(), now).about.lines
    assert [line.was for line in lines if line.visit_id == repair.hold_id] == [None]


def test_proposal_of_a_course_that_changed_since_is_dropped(told, clinic) -> None:
    repair, now = missed_and_planned(told, clinic)
    Course.objects.filter(pk=told.pk).update(version=repair.course_version + 1)

    assert answer(newest(PROPOSED), now).reason == "The proposal is settled."
