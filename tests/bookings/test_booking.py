"""Booking in one go: what is written, and every refusal."""

from datetime import date, timedelta

import pytest

from bookings.models import Appointment, Reservation, StatusChange
from bookings.refusals import (
    BeyondHorizon,
    KeyReused,
    NotBookable,
    OutsideNotice,
    SlotTaken,
)
from bookings.services.moving import move_appointment
from clinic.models import Location, Service
from clinic.refusals import NotAllowed
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import ask, book_visit
from tests.factories.clinic import NOW, TODAY, at, make_client, make_practitioner, make_small_clinic

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)


def test_booking_reserves_hands_lane_room_and_client():
    clinic = make_small_clinic()

    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    taken = {
        (row.resource.kind, row.during.lower, row.during.upper, row.held_until)
        for row in Reservation.objects.filter(appointment=visit).select_related("resource")
    }
    assert taken == {
        ("hands", at(TUESDAY, 9), at(TUESDAY, 9, 20), None),
        ("hands", at(TUESDAY, 9, 45), at(TUESDAY, 10), None),
        ("lane", at(TUESDAY, 9), at(TUESDAY, 10), None),
        ("room", at(TUESDAY, 9), at(TUESDAY, 10, 10), None),
        ("client", at(TUESDAY, 9), at(TUESDAY, 10), None),
    }
    assert (visit.state, visit.version, visit.ends_at) == ("booked", 0, at(TUESDAY, 10))
    change = StatusChange.objects.get(appointment=visit)
    assert (change.from_state, change.to_state, change.by, change.at) == (
        "",
        "booked",
        clinic.alice.user,
        NOW,
    )


def test_first_visit_takes_every_lane():
    clinic = make_small_clinic(lanes=3)

    visit = book_visit(clinic.alice, clinic.first_visit, clinic.location, at(TUESDAY, 9))

    assert visit.reservations.filter(resource__kind="lane").count() == 3


def test_same_request_twice_books_once():
    clinic = make_small_clinic()
    start = at(TUESDAY, 9)

    first = book_visit(clinic.alice, clinic.follow_up, clinic.location, start, request_id="k")
    again = book_visit(clinic.alice, clinic.follow_up, clinic.location, start, request_id="k")

    assert first == again
    assert Appointment.objects.count() == 1


def test_same_request_after_the_visit_was_moved_is_still_that_visit():
    clinic = make_small_clinic()
    start = at(TUESDAY, 9)
    first = book_visit(clinic.alice, clinic.follow_up, clinic.location, start, request_id="k")
    move_appointment(
        appointment=first,
        starts_at=at(TUESDAY, 14),
        practitioner_id=None,
        catalogue=catalogue(),
        by=clinic.rosa,
        now=NOW,
    )

    again = book_visit(clinic.alice, clinic.follow_up, clinic.location, start, request_id="k")

    assert (again, again.starts_at) == (first, at(TUESDAY, 14))
    assert Appointment.objects.count() == 1


def test_same_request_after_its_start_is_still_that_visit():
    clinic = make_small_clinic()
    start = at(TUESDAY, 9)
    first = book_visit(clinic.alice, clinic.follow_up, clinic.location, start, request_id="k")

    again = book_visit(
        clinic.alice,
        clinic.follow_up,
        clinic.location,
        start,
        request_id="k",
        now=start + timedelta(hours=2),
    )

    assert again == first


def test_same_key_for_another_slot_is_refused():
    clinic = make_small_clinic()
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9), request_id="k")

    with pytest.raises(KeyReused):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 11), request_id="k")

    assert Appointment.objects.count() == 1


def test_keys_of_two_people_do_not_meet():
    clinic = make_small_clinic()
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9), request_id="k")

    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 11), request_id="k")

    assert Appointment.objects.count() == 2


def test_key_of_a_refused_request_can_be_used_again():
    clinic = make_small_clinic(lanes=1)
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    with pytest.raises(SlotTaken):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9), request_id="k")

    visit = book_visit(
        clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10), request_id="k"
    )

    assert visit.starts_at == at(TUESDAY, 10)


def test_taken_slot_names_the_three_nearest():
    clinic = make_small_clinic(lanes=1, rooms=2)
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 12))

    with pytest.raises(SlotTaken) as refusal:
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 12))

    nearest = [slot.starts_at for slot in refusal.value.alternatives]
    assert nearest == [at(TUESDAY, 10, 45), at(TUESDAY, 11), at(TUESDAY, 13)]
    assert Appointment.objects.count() == 1


def test_client_cannot_be_in_two_places():
    clinic = make_small_clinic()
    make_practitioner("Eve", services=[clinic.follow_up], location=clinic.location)
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    with pytest.raises(SlotTaken):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9, 30))


def test_start_inside_notice_is_refused():
    clinic = make_small_clinic()
    Location.objects.update(minimum_notice_minutes=120)

    with pytest.raises(OutsideNotice):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 9))


def test_reception_waives_notice_with_a_recorded_reason():
    clinic = make_small_clinic()
    Location.objects.update(minimum_notice_minutes=120)

    visit = book_visit(
        clinic.alice,
        clinic.follow_up,
        clinic.location,
        at(TODAY, 9),
        by=clinic.rosa,
        override_reason="She is at the desk",
    )

    assert StatusChange.objects.get(appointment=visit).reason == "She is at the desk"


def test_client_cannot_waive_notice():
    clinic = make_small_clinic()

    with pytest.raises(NotAllowed):
        book_visit(
            clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 9), override_reason="me"
        )


def test_past_start_is_refused_even_with_a_reason():
    clinic = make_small_clinic()

    with pytest.raises(OutsideNotice):
        book_visit(
            clinic.alice,
            clinic.follow_up,
            clinic.location,
            NOW - timedelta(days=3),
            by=clinic.rosa,
            override_reason="typed in late",
        )


def test_last_day_of_the_horizon_is_booked_the_next_refused():
    clinic = make_small_clinic()
    Location.objects.update(horizon_days=7)
    next_monday = TODAY + timedelta(days=7)

    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(next_monday, 9))
    with pytest.raises(BeyondHorizon):
        book_visit(
            clinic.alice, clinic.follow_up, clinic.location, at(next_monday + timedelta(days=1), 9)
        )

    assert visit.starts_at == at(next_monday, 9)


def test_stranger_cannot_book_for_a_client():
    clinic = make_small_clinic()

    with pytest.raises(NotAllowed):
        book_visit(
            clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9), by=clinic.bea.user
        )


def test_fourth_single_visit_is_refused():
    clinic = make_small_clinic()
    for hour in (9, 11, 13):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, hour))

    with pytest.raises(NotBookable):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 15))

    assert Appointment.objects.count() == 3


def test_client_who_did_not_declare_to_be_adult_is_refused():
    clinic = make_small_clinic()
    minor = make_client("Finn Fox", adult_declared_at=None)

    with pytest.raises(NotBookable):
        book_visit(minor, clinic.follow_up, clinic.location, at(TUESDAY, 9))


def test_staff_only_service_is_booked_by_reception_only():
    clinic = make_small_clinic()
    Service.objects.update(bookable_by="staff")

    with pytest.raises(NotBookable):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    visit = book_visit(
        clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9), by=clinic.rosa
    )

    assert visit.client == clinic.alice


def test_returning_service_needs_a_completed_first_visit_of_the_last_year():
    clinic = make_small_clinic()
    Service.objects.filter(slug="follow-up").update(bookable_by="returning")
    first = book_visit(clinic.alice, clinic.first_visit, clinic.location, at(TUESDAY, 9))
    start = at(date(2027, 6, 15), 9)

    with pytest.raises(NotBookable):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, start)
    Appointment.objects.filter(pk=first.pk).update(state="completed")
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, start)

    assert visit.starts_at == start


def test_practitioner_who_does_not_offer_it_is_not_bookable():
    clinic = make_small_clinic()

    with pytest.raises(NotBookable):
        book_visit(
            clinic.alice,
            clinic.follow_up,
            clinic.location,
            at(TUESDAY, 9),
            practitioner=clinic.dora,
        )


def test_no_needling_before_a_date_bars_needles_until_then():
    clinic = make_small_clinic()
    clinic.alice.no_needling_before = date(2027, 6, 10)
    clinic.alice.save()

    days = ask(
        clinic.follow_up, clinic.location, TUESDAY, days=4, client=clinic.alice
    ).times_on_dates()
    with pytest.raises(NotBookable):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9), by=clinic.rosa)

    assert list(days) == [date(2027, 6, 10), date(2027, 6, 11)]


def test_no_needling_until_cleared_leaves_services_without_needles():
    clinic = make_small_clinic()
    clinic.alice.no_needling_until_cleared = True
    clinic.alice.save()
    Service.objects.filter(slug="first-visit").update(uses_needles=False)

    with pytest.raises(NotBookable):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    visit = book_visit(clinic.alice, clinic.first_visit, clinic.location, at(TUESDAY, 9))

    assert visit.state == "booked"


def test_client_who_never_overlaps_takes_every_lane():
    clinic = make_small_clinic(lanes=2)
    clinic.alice.never_overlap = True
    clinic.alice.save()
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    with pytest.raises(SlotTaken):
        book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 9, 20))


def test_step_free_wish_takes_a_step_free_room_only():
    clinic = make_small_clinic(rooms=2)
    clinic.alice.needs_step_free = True
    clinic.alice.save()
    step_free = clinic.rooms[1]
    step_free.is_step_free = True
    step_free.save()

    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    with pytest.raises(SlotTaken):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10), by=clinic.rosa)

    assert visit.room == step_free


def test_others_leave_the_step_free_room_for_those_who_need_it():
    clinic = make_small_clinic(rooms=2)
    first = clinic.rooms[0]
    first.is_step_free = True
    first.save()

    visit = book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    assert visit.room == clinic.rooms[1]


def test_start_off_the_step_is_booked_only_where_it_touches():
    clinic = make_small_clinic()
    with pytest.raises(SlotTaken):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9, 20))
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9, 20))

    assert visit.starts_at == at(TUESDAY, 9, 20)


def test_any_practitioner_goes_to_who_has_least_that_day():
    clinic = make_small_clinic(rooms=4)
    eve = make_practitioner("Eve", services=[clinic.follow_up], location=clinic.location)
    book_visit(
        clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 9), practitioner=clinic.chen
    )

    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 15))

    assert visit.practitioner == eve
    assert visit.any_practitioner
