"""An offered time is taken, declined or runs out; the visit changes otherwise meanwhile."""

from datetime import timedelta

import pytest

from bookings.messages.kinds import REMINDER_KINDS
from bookings.models import Appointment, Reservation, TimeOff
from bookings.refusals import SlotTaken
from bookings.services.cancelling import cancel_appointment
from bookings.services.moving import move_appointment
from bookings.services.reminding import write_due_reminders
from bookings.services.time_off import take_time_off
from clinic.domain.intervals import Interval
from clinic.models import CallEntry, Message, Practitioner
from clinic.refusals import NotAllowed
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import ask, book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_practitioner, make_small_clinic
from tests.factories.courses import make_course
from tests.factories.cover import away
from tests.support.cover_checker import overlaps
from treatments.domain.wishes import Wishes
from treatments.models import Course, CoverOffer, SessionVisit
from treatments.models.cover_steps import StepKind, steps_from_json
from treatments.services.courses import BreaksCourse
from treatments.services.cover_applying import apply_cover
from treatments.services.cover_offers import (
    OfferOver,
    accept_by_link,
    accept_offer,
    decline_offer,
    expire_offers,
)
from treatments.services.cover_planning import want_cover, work_out
from treatments.tasks import expire_offers as expire_task

pytestmark = pytest.mark.django_db

MONDAY = TODAY + timedelta(days=14)
TEN = at(MONDAY, 10)
FOUR = at(MONDAY, 16)


@pytest.fixture
def clinic() -> SmallClinic:
    """Eve treats in the afternoon only, so that Alice's ten o'clock can't stay."""
    clinic = make_small_clinic()
    make_practitioner(
        "Eve Dahl", services=[clinic.follow_up], location=clinic.location, hours=((14, 17),)
    )
    return clinic


@pytest.fixture
def visit(clinic) -> Appointment:
    return book_visit(
        clinic.alice, clinic.follow_up, clinic.location, TEN, practitioner=clinic.chen
    )


@pytest.fixture
def offer(clinic, visit) -> CoverOffer:
    """Chen is away on that Monday alone; the nearest other time is offered."""
    plan = want_cover(scope=away(clinic.chen), by=clinic.rosa, now=NOW)
    apply_cover(plan=work_out(plan=plan, now=NOW), by=clinic.rosa, now=NOW)
    return fresh(CoverOffer.objects.get())


def fresh(offer: CoverOffer) -> CoverOffer:
    rows = CoverOffer.objects.select_related("appointment__client", "hold")
    return rows.get(pk=offer.pk)


def state_of(offer: CoverOffer) -> str:
    return fresh(offer).state


def calls() -> list[str]:
    return list(CallEntry.objects.order_by("pk").values_list("reason", flat=True))


def test_offer_holds_another_time_and_leaves_the_visit(offer, visit):
    visit.refresh_from_db()

    assert visit.starts_at == TEN
    assert offer.hold.state == "held"
    assert offer.hold.starts_at == at(MONDAY, 14)
    assert offer.expires_at == offer.hold.held_until == NOW + timedelta(hours=48)
    assert overlaps() == []


def test_offered_time_is_nobody_elses(clinic, offer):
    free = ask(clinic.follow_up, clinic.location, MONDAY)

    eve = offer.hold.practitioner_id
    starts = {slot.starts_at for slot in free.slots() if slot.practitioner_id == eve}
    assert offer.hold.starts_at not in starts
    assert FOUR in starts


def test_client_accepts_and_comes_at_the_offered_time(clinic, offer, visit):
    moved = accept_offer(offer=offer, by=clinic.alice.user, now=NOW)

    assert (moved.pk, moved.starts_at) == (visit.pk, at(MONDAY, 14))
    assert moved.practitioner_id == offer.hold.practitioner_id
    assert (moved.version, moved.changed_by_clinic) == (1, True)
    assert (state_of(offer), fresh(offer).hold.state) == ("accepted", "expired")
    assert Reservation.objects.filter(appointment=offer.hold).count() == 0
    assert overlaps() == []


def test_accepting_twice_moves_once(clinic, offer):
    accept_offer(offer=offer, by=clinic.alice.user, now=NOW)

    moved = accept_offer(offer=fresh(offer), by=clinic.rosa, now=NOW)

    assert moved.version == 1


def test_link_accepts_without_a_login(offer):
    moved = accept_by_link(offer=offer, now=NOW)

    assert moved.starts_at == offer.hold.starts_at
    assert fresh(offer).answered_by is None


def test_another_client_may_not_accept(clinic, offer):
    with pytest.raises(NotAllowed):
        accept_offer(offer=offer, by=clinic.bea.user, now=NOW)

    assert state_of(offer) == "open"


def test_offer_that_ran_out_is_refused(clinic, offer):
    with pytest.raises(OfferOver):
        accept_offer(offer=offer, by=clinic.alice.user, now=offer.expires_at)

    assert state_of(offer) == "open"


def test_declined_time_is_free_and_reception_calls(clinic, offer, visit):
    decline_offer(offer=offer, by=clinic.alice.user, now=NOW)

    visit.refresh_from_db()
    starts = {s.starts_at for s in ask(clinic.follow_up, clinic.location, MONDAY).slots()}
    assert (state_of(offer), visit.starts_at) == ("declined", TEN)
    assert offer.hold.starts_at in starts
    assert calls() == ["unanswered"]


def test_declined_offer_can_not_be_accepted(clinic, offer):
    decline_offer(offer=offer, by=clinic.alice.user, now=NOW)

    with pytest.raises(OfferOver):
        accept_offer(offer=fresh(offer), by=clinic.alice.user, now=NOW)


def test_expired_offer_frees_its_time_and_reception_calls_once(offer):
    late = offer.expires_at + timedelta(minutes=1)

    ended = [expire_offers(late), expire_offers(late)]

    assert ended == [1, 0]
    assert (state_of(offer), fresh(offer).hold.state) == ("expired", "expired")
    assert calls() == ["unanswered"]


def test_call_about_an_offer_that_ran_out_gives_way_to_the_next(clinic, visit):
    clinic.alice.email = ""
    clinic.alice.phone = ""
    clinic.alice.save()
    plan = want_cover(scope=away(clinic.chen), by=clinic.rosa, now=NOW)
    apply_cover(plan=work_out(plan=plan, now=NOW), by=clinic.rosa, now=NOW)

    expire_offers(NOW + timedelta(hours=48))

    calls = CallEntry.objects.order_by("pk").values_list("reason", "settled_at")
    assert list(calls) == [("offered", NOW + timedelta(hours=48)), ("unanswered", None)]


def test_task_leaves_offers_that_are_kept(offer):
    CoverOffer.objects.update(expires_at=NOW + timedelta(days=3650))

    assert expire_task() == 0
    assert state_of(offer) == "open"


def test_cancelled_visit_needs_no_answer(clinic, offer, visit):
    visit = Appointment.objects.with_people().get(pk=visit.pk)

    cancel_appointment(appointment=visit, by=clinic.alice.user, now=NOW)

    assert state_of(offer) == "obsolete"
    assert calls() == []
    assert fresh(offer).hold.held_until == NOW


def test_moved_visit_needs_no_answer(clinic, offer, visit):
    visit = Appointment.objects.with_people().get(pk=visit.pk)

    move_appointment(
        appointment=visit,
        starts_at=FOUR,
        practitioner_id=None,
        catalogue=catalogue(),
        by=clinic.rosa,
        now=NOW,
    )

    assert state_of(offer) == "obsolete"


def test_visit_changed_past_the_hooks_ends_the_offer(offer, visit):
    Appointment.objects.filter(pk=visit.pk).update(version=7)

    assert expire_offers(NOW) == 1
    assert state_of(offer) == "obsolete"
    assert calls() == []


def test_place_that_is_gone_ends_the_offer_and_reception_calls(clinic, offer):
    offer.hold.practitioner.services.clear()

    with pytest.raises(SlotTaken):
        accept_offer(offer=offer, by=clinic.alice.user, now=NOW)

    assert state_of(offer) == "obsolete"
    assert calls() == ["unanswered"]


def test_session_whose_neighbour_came_too_near_is_called_about(clinic):
    make_course(clinic, wishes=Wishes(only_weekdays=frozenset({3})), length=4)
    Course.objects.update(wishes={})
    Practitioner.objects.get(slug="eve").services.clear()
    wednesday = MONDAY + timedelta(days=2)
    day = Interval(at(wednesday, 0), at(wednesday + timedelta(days=1), 0))
    plan = want_cover(scope=away(clinic.chen, day), by=clinic.rosa, now=NOW)
    apply_cover(plan=work_out(plan=plan, now=NOW), by=clinic.rosa, now=NOW)
    offer = fresh(CoverOffer.objects.get())
    after = SessionVisit.objects.get(
        session__number=offer.appointment.session_visit.session.number + 1
    ).appointment
    near = offer.hold.starts_at + timedelta(days=3)
    Appointment.objects.filter(pk=after.pk).update(
        starts_at=near, ends_at=near + timedelta(hours=1)
    )

    with pytest.raises(BreaksCourse):
        accept_offer(offer=offer, by=clinic.alice.user, now=NOW)

    assert (state_of(offer), calls()) == ("obsolete", ["unanswered"])
    assert fresh(offer).appointment.starts_at == offer.appointment.starts_at


def test_no_reminder_while_an_offer_waits(clinic, offer):
    due = TEN - timedelta(days=3) + timedelta(minutes=5)
    CoverOffer.objects.update(expires_at=due + timedelta(hours=2))

    written = write_due_reminders(now=due)

    kinds = set(Message.objects.values_list("kind", flat=True))
    assert written == 0
    assert not kinds & set(REMINDER_KINDS.values())


def test_accepted_visit_is_reminded_of(clinic, offer):
    moved = accept_offer(offer=offer, by=clinic.alice.user, now=NOW)
    due = moved.starts_at - timedelta(days=3) + timedelta(minutes=5)

    assert write_due_reminders(now=due) == 1


def test_visit_of_somebody_away_is_not_reminded_of(clinic, visit):
    off = TimeOff(
        kind="away", practitioner=clinic.chen, starts_at=at(MONDAY, 0), ends_at=at(MONDAY, 23)
    )
    take_time_off(time_off=off, by=clinic.rosa)

    assert write_due_reminders(now=TEN - timedelta(days=3) + timedelta(minutes=5)) == 0


def test_step_of_the_offer_says_that_it_asks(offer):
    [step] = steps_from_json(offer.plan.proposal)

    assert (step.kind, step.asks, step.need) == (StepKind.OTHER_TIME, True, "away")
