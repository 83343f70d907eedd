"""Holds keep a slot, run out, never block a rival, and become one booking."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
import time_machine

from bookings.models import Appointment, Reservation, TimeOff
from bookings.refusals import NotBookable, SlotTaken
from bookings.services.holding import confirm_hold, extend_hold, place_hold, release_hold
from bookings.services.time_off import take_time_off
from bookings.tasks import sweep_expired_holds
from clinic.models import Client
from clinic.refusals import AlreadyChanged, NotAllowed
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import ask, book_visit, wish
from tests.factories.clinic import NOW, SmallClinic, at, make_small_clinic

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)
RUN_OUT = NOW + timedelta(minutes=10)


def hold_slot(clinic: SmallClinic, hour: int = 9, now=NOW, **options) -> Appointment:
    return place_hold(
        wish=wish(clinic.follow_up, clinic.location, at(TUESDAY, hour)),
        client=options.pop("client", None),
        now=now,
        **options,
    )


def confirm(hold: Appointment, client: Client, now=NOW) -> Appointment:
    assert client.user is not None
    return confirm_hold(hold=hold, client=client, catalogue=catalogue(), by=client.user, now=now)


def test_hold_reserves_for_ten_minutes():
    clinic = make_small_clinic()

    hold = hold_slot(clinic)

    rows = Reservation.objects.filter(appointment=hold)
    assert set(rows.values_list("held_until", flat=True)) == {RUN_OUT}
    assert rows.count() == 4
    assert (hold.state, hold.client, hold.held_until) == ("held", None, RUN_OUT)


def test_held_slot_is_not_offered_until_the_hold_ran_out():
    clinic = make_small_clinic(lanes=1, rooms=1)
    hold_slot(clinic)

    meanwhile = [slot.starts_at for slot in ask(clinic.follow_up, clinic.location, TUESDAY).slots()]
    after = ask(clinic.follow_up, clinic.location, TUESDAY, now=RUN_OUT).slots()

    assert at(TUESDAY, 9) not in meanwhile
    assert at(TUESDAY, 9) in [slot.starts_at for slot in after]


def test_rival_takes_a_slot_whose_hold_ran_out():
    clinic = make_small_clinic(lanes=1, rooms=1)
    hold = hold_slot(clinic)

    visit = book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 9), now=RUN_OUT)

    hold.refresh_from_db()
    assert (visit.state, hold.state) == ("booked", "expired")


def test_rival_waits_for_a_hold_that_runs():
    clinic = make_small_clinic(lanes=1, rooms=1)
    hold_slot(clinic)

    with pytest.raises(SlotTaken):
        book_visit(
            clinic.bea,
            clinic.follow_up,
            clinic.location,
            at(TUESDAY, 9),
            now=RUN_OUT - timedelta(seconds=1),
        )


def test_confirmed_hold_is_the_clients_visit():
    clinic = make_small_clinic()
    hold = hold_slot(clinic)

    visit = confirm(hold, clinic.alice)

    rows = Reservation.objects.filter(appointment=visit)
    assert (visit.pk, visit.state, visit.client, visit.held_until) == (
        hold.pk,
        "booked",
        clinic.alice,
        None,
    )
    assert sorted(rows.values_list("resource__kind", flat=True)) == [
        "client",
        "hands",
        "hands",
        "lane",
        "room",
    ]
    assert not rows.exclude(held_until=None).exists()


def test_confirming_twice_is_one_visit():
    clinic = make_small_clinic()
    hold = hold_slot(clinic)
    confirm(hold, clinic.alice)

    again = confirm(Appointment.objects.get(pk=hold.pk), clinic.alice)

    assert again.state == "booked"
    assert Appointment.objects.filter(state="booked").count() == 1


def test_confirmed_hold_is_not_given_to_somebody_else():
    clinic = make_small_clinic()
    hold = hold_slot(clinic)
    stale = Appointment.objects.get(pk=hold.pk)
    confirm(hold, clinic.alice)

    with pytest.raises(AlreadyChanged):
        confirm(stale, clinic.bea)


def test_hold_that_ran_out_is_booked_when_nobody_came():
    clinic = make_small_clinic()
    hold = hold_slot(clinic)

    visit = confirm(hold, clinic.alice, now=RUN_OUT + timedelta(minutes=1))

    assert visit.state == "booked"


def test_hold_that_a_rival_removed_is_refused_with_alternatives():
    clinic = make_small_clinic(lanes=1, rooms=1)
    hold = hold_slot(clinic)
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 9), now=RUN_OUT)

    with pytest.raises(SlotTaken) as refusal:
        confirm(hold, clinic.alice, now=RUN_OUT)

    assert len(refusal.value.alternatives) == 3


def test_hold_over_the_clients_own_visit_is_refused_at_confirming():
    clinic = make_small_clinic(rooms=4)
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    hold = place_hold(
        wish=wish(clinic.follow_up, clinic.location, at(TUESDAY, 9, 20)), client=None, now=NOW
    )

    with pytest.raises(SlotTaken):
        confirm(hold, clinic.alice)

    hold.refresh_from_db()
    assert hold.state == "held"


def test_client_who_never_overlaps_gets_every_lane_at_confirming():
    clinic = make_small_clinic(lanes=2)
    clinic.alice.never_overlap = True
    clinic.alice.save()
    hold = hold_slot(clinic)

    visit = confirm(hold, clinic.alice)

    assert visit.reservations.filter(resource__kind="lane").count() == 2


def test_hold_for_a_service_the_client_may_not_book_is_refused_at_confirming():
    clinic = make_small_clinic()
    hold = hold_slot(clinic)
    clinic.alice.no_needling_until_cleared = True
    clinic.alice.save()

    with pytest.raises((NotBookable, SlotTaken)):
        confirm(hold, clinic.alice)


def test_hold_is_extended_once():
    clinic = make_small_clinic()
    hold = hold_slot(clinic)
    later = NOW + timedelta(minutes=8)

    extend_hold(hold=hold, now=later)
    with pytest.raises(AlreadyChanged):
        extend_hold(hold=hold, now=later)

    held_until = set(hold.reservations.values_list("held_until", flat=True))
    assert held_until == {later + timedelta(minutes=10)}


def test_hold_that_ran_out_is_not_extended():
    clinic = make_small_clinic()
    hold = hold_slot(clinic)

    with pytest.raises(AlreadyChanged):
        extend_hold(hold=hold, now=RUN_OUT)


def test_another_choice_replaces_the_hold():
    clinic = make_small_clinic()
    first = hold_slot(clinic, 9)

    second = hold_slot(clinic, 11, instead_of=first)

    first.refresh_from_db()
    assert (first.state, second.state) == ("expired", "held")
    assert not first.reservations.exists()


def test_released_hold_frees_the_slot():
    clinic = make_small_clinic(lanes=1, rooms=1)
    hold = hold_slot(clinic)

    release_hold(hold=hold, now=NOW)
    release_hold(hold=hold, now=NOW)

    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    assert Reservation.objects.filter(appointment=hold).count() == 0


def test_sweeper_lets_go_of_what_ran_out_and_nothing_else():
    clinic = make_small_clinic()
    old = hold_slot(clinic, 9)
    young = hold_slot(clinic, 13, now=NOW + timedelta(minutes=5))

    with time_machine.travel(RUN_OUT, tick=False):
        swept = sweep_expired_holds()
        again = sweep_expired_holds()

    old.refresh_from_db()
    young.refresh_from_db()
    assert (swept, again, old.state, young.state) == (1, 0, "expired", "held")


def test_time_off_takes_the_gap_of_a_hold_that_ran_out():
    clinic = make_small_clinic(lanes=1)
    hold_slot(clinic)
    away = TimeOff(
        kind="away",
        practitioner=clinic.chen,
        starts_at=at(TUESDAY, 9),
        ends_at=at(TUESDAY, 12),
    )
    take_time_off(time_off=away, by=clinic.rosa)

    with pytest.raises(SlotTaken):
        book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 9), now=RUN_OUT)
    with time_machine.travel(RUN_OUT, tick=False):
        sweep_expired_holds()

    hands = Reservation.objects.of_resources([clinic.chen.resource_id])
    covered = sorted((row.during.lower, row.during.upper) for row in hands)
    assert covered[0][0] == at(TUESDAY, 9)
    assert covered[-1][1] == at(TUESDAY, 12)
    assert all(end == start for (_, end), (start, _) in pairwise(covered))


def test_stranger_cannot_confirm_for_a_client():
    clinic = make_small_clinic()
    hold = hold_slot(clinic)

    with pytest.raises(NotAllowed):
        confirm_hold(
            hold=hold, client=clinic.alice, catalogue=catalogue(), by=clinic.bea.user, now=NOW
        )


def test_hold_keeps_its_length_when_the_service_is_edited_meanwhile():
    clinic = make_small_clinic()
    hold = hold_slot(clinic)
    clinic.follow_up.segments.filter(kind="retention").update(minutes=15)

    visit = confirm(hold, clinic.alice)

    row = visit.reservations.get(resource_id=clinic.alice.resource_id)
    assert (row.during.lower, row.during.upper) == (visit.starts_at, visit.ends_at)
    assert visit.ends_at == at(TUESDAY, 10)


def test_hold_inside_time_off_taken_meanwhile_is_not_booked():
    clinic = make_small_clinic()
    hold = hold_slot(clinic)
    away = TimeOff(
        kind="away", practitioner=clinic.chen, starts_at=at(TUESDAY, 9), ends_at=at(TUESDAY, 12)
    )
    take_time_off(time_off=away, by=clinic.rosa)

    with pytest.raises(SlotTaken):
        confirm(hold, clinic.alice)

    hold.refresh_from_db()
    assert hold.state == "held"


def test_hold_let_go_by_a_double_click_is_let_go_once():
    clinic = make_small_clinic()
    hold = hold_slot(clinic)
    second_click = Appointment.objects.get(pk=hold.pk)

    release_hold(hold=hold, now=NOW)
    release_hold(hold=second_click, now=NOW)

    assert second_click.state == "expired"


def test_hold_booked_in_another_tab_is_not_let_go():
    clinic = make_small_clinic()
    hold = hold_slot(clinic)
    other_tab = Appointment.objects.get(pk=hold.pk)
    confirm(hold, clinic.alice)

    release_hold(hold=other_tab, now=NOW)

    assert (other_tab.state, other_tab.reservations.count()) == ("booked", 5)


def test_client_who_may_not_be_needled_is_not_told_that_the_time_is_gone():
    clinic = make_small_clinic()
    hold = hold_slot(clinic)
    clinic.alice.no_needling_until_cleared = True
    clinic.alice.save()

    with pytest.raises(NotBookable):
        confirm(hold, clinic.alice)
