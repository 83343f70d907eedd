"""Nobody unqualified on the date of a visit can be booked for it, or start it."""

from datetime import date, datetime, timedelta

import pytest
from django.db import transaction

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.refusals import NotQualified
from bookings.selectors.cover import visits_to_cover
from bookings.services.cancelling import cancel_appointment
from bookings.services.holding import confirm_hold, place_hold
from bookings.services.moving import move_appointment
from bookings.services.series import SeriesTaken, SeriesVisit, write_series
from bookings.services.status import close_left_open, record_status, start_visit, undo_status
from clinic.domain.credentials import Result
from clinic.models import Credential
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import ask, book_visit, wish
from tests.factories.clinic import NOW, SmallClinic, at, make_small_clinic
from tests.factories.credentials import check, make_type, verified

pytestmark = pytest.mark.django_db

LAST = date(2027, 6, 9)
DAY_AFTER = date(2027, 6, 10)


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


def insure(clinic: SmallClinic, past_expiry: int = 0) -> Credential:
    """Give Chen an insurance, required for the follow-up, that ends on `LAST`."""
    insurance = make_type(
        "insurance", required_by=[clinic.follow_up], book_past_expiry_days=past_expiry
    )
    return verified(insurance, clinic.chen, by=clinic.mia, expires=LAST)


def booked(clinic: SmallClinic, starts_at: datetime, **how) -> Appointment:
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, starts_at, **how)
    return Appointment.objects.with_people().get(pk=visit.pk)


def moved(visit: Appointment, starts_at: datetime, clinic: SmallClinic, by=None, **how):
    return move_appointment(
        appointment=visit,
        starts_at=starts_at,
        catalogue=catalogue(),
        by=by or clinic.rosa,
        now=NOW,
        **{"practitioner_id": None, **how},
    )


def arrived(visit: Appointment, clinic: SmallClinic, now: datetime) -> Appointment:
    return record_status(appointment=visit, to_state=State.ARRIVED, by=clinic.rosa, now=now)


def started(visit: Appointment, clinic: SmallClinic, now: datetime) -> Appointment:
    return start_visit(appointment=visit, history_seen=True, by=clinic.chen.user, now=now)


@pytest.mark.parametrize("named", [True, False])
def test_slots_end_with_the_last_valid_day(clinic, named):
    insure(clinic)
    person = clinic.chen if named else None

    assert ask(clinic.follow_up, clinic.location, LAST, practitioner=person).slots()
    assert ask(clinic.follow_up, clinic.location, DAY_AFTER, practitioner=person).slots() == []


@pytest.mark.parametrize("named", [True, False])
def test_slots_past_the_last_day_are_marked_where_the_type_allows_them(clinic, named):
    insure(clinic, past_expiry=120)
    person = clinic.chen if named else None

    firm = ask(clinic.follow_up, clinic.location, LAST, practitioner=person).slots()
    later = ask(clinic.follow_up, clinic.location, DAY_AFTER, practitioner=person).slots()

    assert {slot.awaits_renewal for slot in firm} == {False}
    assert {slot.awaits_renewal for slot in later} == {True}


def test_nothing_is_offered_past_expiry_once_it_has_come(clinic):
    insure(clinic, past_expiry=120)

    expired = at(DAY_AFTER, 8)

    assert ask(clinic.follow_up, clinic.location, date(2027, 6, 14), now=expired).slots() == []


@pytest.mark.parametrize("hour", [9, 16])
def test_first_and_last_hour_of_the_last_valid_day_are_bookable(clinic, hour):
    insure(clinic)

    assert booked(clinic, at(LAST, hour)).practitioner == clinic.chen


def test_booking_after_the_last_valid_day_is_refused(clinic):
    insure(clinic)
    ways = [
        {"practitioner": clinic.chen},
        {"practitioner": None},
        {"practitioner": clinic.chen, "by": clinic.rosa},
        {"by": clinic.rosa, "override_reason": "asked by phone"},
    ]

    for how in ways:
        with pytest.raises(NotQualified):
            booked(clinic, at(DAY_AFTER, 10), **how)
    assert not Appointment.objects.exists()


def test_any_practitioner_is_one_with_valid_papers(clinic):
    insure(clinic)
    clinic.dora.services.set([clinic.follow_up])

    with pytest.raises(NotQualified):
        booked(clinic, at(DAY_AFTER, 10))
    verified(
        clinic.chen.credentials.get().type, clinic.dora, by=clinic.mia, expires=date(2028, 1, 1)
    )

    assert booked(clinic, at(DAY_AFTER, 10)).practitioner == clinic.dora


def test_any_practitioner_prefers_valid_papers_to_a_renewal(clinic):
    insure(clinic, past_expiry=120)
    clinic.dora.services.set([clinic.follow_up])
    verified(
        clinic.chen.credentials.get().type, clinic.dora, by=clinic.mia, expires=date(2028, 1, 1)
    )
    # Chen's visit before makes 10 o'clock a start that touches, which usually comes first.
    book_visit(
        clinic.bea, clinic.follow_up, clinic.location, at(DAY_AFTER, 9), practitioner=clinic.chen
    )

    assert booked(clinic, at(DAY_AFTER, 10)).practitioner == clinic.dora


def test_hold_after_the_last_valid_day_is_refused(clinic):
    insure(clinic)

    with pytest.raises(NotQualified):
        place_hold(
            wish=wish(clinic.follow_up, clinic.location, at(DAY_AFTER, 10)), client=None, now=NOW
        )


def test_hold_is_not_confirmed_after_a_revocation(clinic):
    paper = insure(clinic)
    wanted = wish(clinic.follow_up, clinic.location, at(LAST, 10))
    hold = place_hold(wish=wanted, client=None, now=NOW)
    check(paper, Result.REVOKED, by=clinic.mia)

    with pytest.raises(NotQualified):
        confirm_hold(
            hold=Appointment.objects.select_related("location", "service").get(pk=hold.pk),
            client=clinic.alice,
            catalogue=catalogue(),
            by=clinic.alice.user,
            now=NOW,
        )

    assert not Appointment.objects.filter(state=State.BOOKED).exists()


def test_visit_is_not_moved_past_the_last_valid_day(clinic):
    insure(clinic)
    visit = booked(clinic, at(LAST, 10))

    for by in (clinic.rosa, clinic.alice.user):
        for whom in (None, clinic.chen.pk):
            with pytest.raises(NotQualified):
                moved(visit, at(DAY_AFTER, 10), clinic, by=by, practitioner_id=whom)

    visit.refresh_from_db()
    assert (visit.starts_at, visit.version) == (at(LAST, 10), 0)


def test_revoked_paper_puts_booked_visits_on_the_cover_list(clinic):
    paper = insure(clinic)
    visit = booked(clinic, at(LAST, 10))

    check(paper, Result.REVOKED, by=clinic.mia)

    assert [item.visit for item in visits_to_cover(NOW)] == [visit]
    assert ask(clinic.follow_up, clinic.location, LAST).slots() == []


@pytest.mark.parametrize("result", [Result.REVOKED, Result.SUSPENDED])
def test_visit_booked_before_a_revocation_is_not_started(clinic, result):
    paper = insure(clinic)
    visit = arrived(booked(clinic, at(LAST, 10)), clinic, at(LAST, 10))
    check(paper, result, by=clinic.mia)

    with pytest.raises(NotQualified):
        started(visit, clinic, at(LAST, 10, 5))

    visit.refresh_from_db()
    assert visit.state == State.ARRIVED


def test_visit_past_expiry_is_never_started_before_the_renewal(clinic):
    paper = insure(clinic, past_expiry=120)
    visit = booked(clinic, at(DAY_AFTER, 10))
    ten = at(DAY_AFTER, 10)
    arrived(visit, clinic, ten)

    with pytest.raises(NotQualified):
        started(visit, clinic, ten)
    verified(paper.type, clinic.chen, by=clinic.mia, issued=DAY_AFTER, expires=date(2028, 6, 9))

    assert started(visit, clinic, ten).state == State.IN_SESSION


def test_visit_may_start_late_until_the_last_day_is_over_at_the_location(clinic):
    insure(clinic)
    visit = booked(clinic, at(LAST, 10))
    here = arrived(visit, clinic, at(LAST, 21))

    with pytest.raises(NotQualified):
        started(here, clinic, at(DAY_AFTER, 0, 1))

    assert started(here, clinic, at(LAST, 23, 59)).state == State.IN_SESSION


def test_series_past_the_last_valid_day_is_refused_whole(clinic):
    insure(clinic)
    visits = [
        SeriesVisit(clinic.follow_up.pk, at(day, 10), clinic.chen.pk) for day in (LAST, DAY_AFTER)
    ]

    with pytest.raises(SeriesTaken) as refusal, transaction.atomic():
        write_series(
            client=clinic.alice,
            location_id=clinic.location.pk,
            visits=visits,
            by=clinic.rosa,
            now=NOW,
            by_clinic=False,
        )

    assert refusal.value.lost == [1]
    assert not Appointment.objects.exists()


def test_pending_renewal_lets_the_visit_start_for_thirty_days(clinic):
    paper = insure(clinic)
    check(paper, Result.RENEWAL_PENDING, by=clinic.mia)
    thirtieth = at(date(2027, 7, 9), 10)

    visit = booked(clinic, thirtieth)
    arrived(visit, clinic, thirtieth)

    assert started(visit, clinic, thirtieth).state == State.IN_SESSION
    with pytest.raises(NotQualified):
        booked(clinic, at(date(2027, 7, 12), 10))


def test_start_asks_for_the_permit_of_the_location_too(clinic):
    permit = make_type("permit", required_by=[clinic.follow_up], holder="location")
    paper = verified(permit, clinic.location, by=clinic.mia)
    visit = arrived(booked(clinic, at(LAST, 10)), clinic, at(LAST, 10))
    check(paper, Result.SUSPENDED, by=clinic.mia)

    with pytest.raises(NotQualified):
        started(visit, clinic, at(LAST, 10))


def test_undone_cancellation_does_not_bring_back_what_papers_bar(clinic):
    paper = insure(clinic)
    visit = cancel_appointment(appointment=booked(clinic, at(LAST, 10)), by=clinic.rosa, now=NOW)
    check(paper, Result.REVOKED, by=clinic.mia)

    with pytest.raises(NotQualified):
        undo_status(appointment=visit, by=clinic.rosa, now=NOW + timedelta(minutes=1))

    visit.refresh_from_db()
    assert (visit.state, visit.reservations.exists()) == (State.CANCELLED, False)


def test_undone_cancellation_brings_back_what_awaits_a_renewal(clinic):
    insure(clinic, past_expiry=120)
    visit = cancel_appointment(
        appointment=booked(clinic, at(DAY_AFTER, 10)), by=clinic.rosa, now=NOW
    )

    undone = undo_status(appointment=visit, by=clinic.rosa, now=NOW + timedelta(minutes=1))

    assert (undone.state, undone.reservations.exists()) == (State.BOOKED, True)


def test_missed_visit_can_be_undone_after_a_revocation_and_then_needs_cover(clinic):
    paper = insure(clinic)
    ten = at(LAST, 10)
    visit = booked(clinic, ten)
    record_status(appointment=visit, to_state=State.NO_SHOW, by=clinic.rosa, now=ten)
    check(paper, Result.REVOKED, by=clinic.mia)

    undo_status(appointment=visit, by=clinic.rosa, now=ten + timedelta(minutes=1))

    assert [item.visit for item in visits_to_cover(ten)] == [visit]


def test_what_happened_is_recorded_whatever_the_papers_say_today(clinic):
    paper = insure(clinic)
    visit = booked(clinic, at(LAST, 10))
    check(paper, Result.REVOKED, by=clinic.mia)

    closed = close_left_open(
        appointment=visit, to_state=State.COMPLETED, by=clinic.rosa, now=visit.ends_at
    )

    assert closed.state == State.COMPLETED


def test_service_that_asks_for_no_paper_is_open_to_all(clinic):
    insure(clinic)

    assert ask(clinic.first_visit, clinic.location, DAY_AFTER).slots()


def test_practitioner_without_any_paper_is_not_listed_but_others_are(clinic):
    insure(clinic)
    clinic.dora.services.set([clinic.follow_up, clinic.first_visit])

    facts = catalogue()

    listed = facts.listed(clinic.follow_up.pk, clinic.location.pk, NOW)
    for_first = facts.listed(clinic.first_visit.pk, clinic.location.pk, NOW)
    assert [person.name for person in listed] == ["Chen Li"]
    assert [person.name for person in for_first] == ["Chen Li", "Dora Novak"]
