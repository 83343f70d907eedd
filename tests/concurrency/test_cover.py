"""Cover applied, answered and overtaken at the same moment leaves one truth."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Event
from unittest import mock

import pytest

from bookings.models import Appointment, TimeOff
from bookings.refusals import SlotTaken
from bookings.services import placing
from bookings.services.cancelling import cancel_appointment
from clinic.models import Message, Practitioner
from clinic.selectors.catalogue import catalogue
from tests.concurrency.test_race import overlaps, race
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, at, make_practitioner, make_small_clinic
from tests.factories.cover import away
from treatments.models import CoverOffer, CoverPlan
from treatments.services import cover_applying, cover_offers, cover_planning, cover_starting
from treatments.services.cover_applying import apply_cover
from treatments.services.cover_offers import accept_offer, expire_offers
from treatments.services.cover_planning import want_cover, work_out
from treatments.services.cover_starting import start_cover, waiting_plan_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MONDAY = TODAY + timedelta(days=14)


def planned(*, stand_in: bool):
    """Plan cover for Chen's two visits; with a stand-in they keep their times."""
    clinic = make_small_clinic()
    if stand_in:
        make_practitioner("Eve Dahl", services=[clinic.follow_up], location=clinic.location)
    for client, hour in ((clinic.alice, 10), (clinic.bea, 14)):
        book_visit(
            client,
            clinic.follow_up,
            clinic.location,
            at(MONDAY, hour),
            practitioner=clinic.chen,
            by=clinic.rosa,
        )
    plan = want_cover(scope=away(clinic.chen), by=clinic.rosa, now=NOW)
    work_out(plan=plan, now=NOW)
    Message.objects.all().delete()
    return clinic


def read_plan() -> CoverPlan:
    return CoverPlan.objects.get()


def read_offer(pk: int) -> CoverOffer:
    return CoverOffer.objects.select_related("appointment__client", "hold").get(pk=pk)


def offered():
    clinic = planned(stand_in=False)
    apply_cover(plan=read_plan(), by=clinic.rosa, now=NOW)
    return clinic, CoverOffer.objects.order_by("pk").values_list("pk", flat=True)[0]


def test_four_workers_take_one_plan_up_once():
    clinic = planned(stand_in=True)
    CoverPlan.objects.update(state="wanted", taken_at=None)
    solved = []
    propose_steps = cover_planning.propose_steps

    def propose(*args, **kwargs):
        solved.append(args)
        return propose_steps(*args, **kwargs)

    with mock.patch.object(cover_planning, "propose_steps", propose):
        outcomes, _ = race([lambda: cover_planning.work_out_wanted(NOW)] * 4)

    assert outcomes == {"booked": 4}
    assert len(solved) == 1
    assert (read_plan().state, len(read_plan().proposal)) == ("ready", 2)
    assert clinic.chen.appointments.filter(state="booked").count() == 2


def test_two_taps_on_propose_make_one_plan():
    clinic = planned(stand_in=True)
    CoverPlan.objects.all().delete()

    outcomes, _ = race(
        [lambda: start_cover(scope=away(clinic.chen), facts=catalogue(), by=clinic.rosa, now=NOW)]
        * 4
    )

    assert outcomes == {"booked": 4}
    assert CoverPlan.objects.count() == 1
    assert TimeOff.objects.filter(practitioner=clinic.chen).count() == 1


def test_without_their_lock_two_taps_make_several_plans():
    clinic = planned(stand_in=True)
    CoverPlan.objects.all().delete()
    scope = replace(away(clinic.chen), cause=CoverPlan.Cause.HOURS)
    TimeOff.objects.create(
        practitioner=clinic.chen,
        kind=TimeOff.Kind.AWAY,
        starts_at=scope.span.starts_at,
        ends_at=scope.span.ends_at,
    )

    all_have_looked = Barrier(4, timeout=30)

    def look_together(scope):
        found = waiting_plan_of(scope)
        all_have_looked.wait()
        return found

    with (
        mock.patch.object(cover_starting, "_one_at_a_time"),
        mock.patch.object(cover_starting, "waiting_plan_of", look_together),
    ):
        outcomes, _ = race(
            [lambda: start_cover(scope=scope, facts=catalogue(), by=clinic.rosa, now=NOW)] * 4
        )

    assert outcomes == {"booked": 4}
    assert CoverPlan.objects.count() == 4


@pytest.mark.parametrize("stand_in", [True, False])
def test_four_people_apply_one_plan_once(stand_in):
    clinic = planned(stand_in=stand_in)
    plans = [(read_plan(), by) for by in (clinic.rosa, clinic.mia) * 2]

    outcomes, _ = race(
        [lambda plan=plan, by=by: apply_cover(plan=plan, by=by, now=NOW) for plan, by in plans]
    )

    assert outcomes == {"booked": 4}
    assert read_plan().state == "applied"
    assert CoverOffer.objects.count() == (0 if stand_in else 2)
    assert Message.objects.filter(kind__startswith="cover_").count() == 2
    assert overlaps() == 0


def test_without_the_claim_of_the_plan_the_second_meets_changed_visits():
    clinic = planned(stand_in=True)
    plans = [(read_plan(), by) for by in (clinic.rosa, clinic.mia)]

    with mock.patch.object(cover_applying, "_claim", return_value=True):
        outcomes, _ = race(
            [lambda plan=plan, by=by: apply_cover(plan=plan, by=by, now=NOW) for plan, by in plans]
        )

    assert outcomes == {"booked": 1, "CoverChanged": 1}
    assert overlaps() == 0


def test_applied_and_cancelled_at_once_is_one_after_the_other():
    clinic = planned(stand_in=True)
    plan = read_plan()
    visit = Appointment.objects.with_people().get(client=clinic.alice)

    outcomes, _ = race(
        [
            lambda: apply_cover(plan=plan, by=clinic.rosa, now=NOW),
            lambda: cancel_appointment(appointment=visit, by=clinic.alice.user, now=NOW),
        ]
    )

    visit.refresh_from_db()
    found = (read_plan().state, visit.state)
    assert outcomes in (
        {"booked": 1, "CoverChanged": 1},
        {"booked": 1, "AlreadyChanged": 1},
        {"booked": 2},
    )
    assert found in {("ready", "cancelled"), ("applied", "booked"), ("applied", "cancelled")}
    assert overlaps() == 0


def test_client_who_cancels_while_it_is_applied_waits_for_all_of_it():
    clinic = planned(stand_in=True)
    plan = read_plan()
    visit = Appointment.objects.with_people().get(client=clinic.alice)
    is_writing = Event()
    write_places = cover_applying.write_places

    def write_slowly(*args, **kwargs):
        is_writing.set()
        return write_places(*args, **kwargs)

    def cancel():
        assert is_writing.wait(30)
        cancel_appointment(appointment=visit, by=clinic.alice.user, now=NOW)

    with mock.patch.object(cover_applying, "write_places", write_slowly):
        outcomes, _ = race([lambda: apply_cover(plan=plan, by=clinic.rosa, now=NOW), cancel])

    visit.refresh_from_db()
    assert outcomes == {"booked": 1, "AlreadyChanged": 1}
    assert (read_plan().state, visit.state) == ("applied", "booked")
    assert visit.practitioner != clinic.chen


def test_accepted_and_run_out_at_once_is_one_of_the_two():
    clinic, pk = offered()
    offer = read_offer(pk)
    before, after = offer.expires_at - timedelta(seconds=1), offer.expires_at

    outcomes, _ = race(
        [
            lambda: accept_offer(offer=offer, by=clinic.alice.user, now=before),
            lambda: expire_offers(after),
        ]
    )

    row = read_offer(pk)
    moved = row.appointment.starts_at == row.hold.starts_at
    assert outcomes in ({"booked": 2}, {"booked": 1, "OfferOver": 1})
    assert (row.state, moved) in {("accepted", True), ("expired", False)}
    assert row.hold.state == "expired"
    assert overlaps() == 0


def test_without_the_condition_an_offer_that_ran_out_finds_no_place():
    clinic, pk = offered()
    offer = read_offer(pk)
    expire_offers(offer.expires_at)

    # In this order every time: whoever accepts looked before the time was over.
    with anyhow_settled(), pytest.raises(SlotTaken):
        accept_offer(offer=offer, by=clinic.alice.user, now=NOW)

    # What was reserved is the second guard.
    assert read_offer(pk).appointment.starts_at != offer.hold.starts_at


def test_accepted_on_two_devices_moves_once():
    clinic, pk = offered()
    offers = [(read_offer(pk), by) for by in (clinic.alice.user, clinic.rosa) * 2]

    outcomes, _ = race(
        [lambda offer=o, by=by: accept_offer(offer=offer, by=by, now=NOW) for o, by in offers]
    )

    assert outcomes == {"booked": 4}
    assert read_offer(pk).appointment.version == 1
    assert overlaps() == 0


def test_two_workers_let_one_offer_run_out_once():
    _clinic, pk = offered()
    late = read_offer(pk).expires_at

    race([lambda: expire_offers(late)] * 3)

    assert read_offer(pk).state == "expired"
    assert CoverOffer.objects.filter(state="open").count() == 0


@contextmanager
def anyhow_settled():
    """Take away what refuses an offer that is over."""

    def settle(offer, state, **_asked):
        return bool(CoverOffer.objects.filter(pk=offer.pk).update(state=state))

    with mock.patch.object(cover_offers, "_settle", settle):
        yield


def test_place_booked_by_others_without_locks_is_refused_by_the_database():
    clinic = planned(stand_in=True)
    plan = read_plan()
    lost = mock.patch.object(placing, "lost_places", return_value=[])
    eve = Practitioner.objects.get(slug="eve")
    book_visit(
        clinic.alice,
        clinic.follow_up,
        clinic.location,
        at(MONDAY, 14, 15),
        practitioner=eve,
        by=clinic.rosa,
    )

    with lost, pytest.raises(cover_applying.CoverChanged):
        apply_cover(plan=plan, by=clinic.rosa, now=NOW)

    assert read_plan().state == "ready"
    assert overlaps() == 0
