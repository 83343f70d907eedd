"""Time off: looked at, taken as seen, ended early; by whom it is, and by the desk."""

from datetime import date, timedelta

import pytest

from bookings.models import TimeOff
from bookings.services.away import (
    TimeOffOver,
    preview_time_off,
    stop_time_off,
    take_time_off_as_seen,
)
from bookings.services.previews import PreviewChanged
from clinic.refusals import AlreadyChanged, NotAllowed
from tests.factories.bookings import ask, book_visit
from tests.factories.clinic import NOW, SmallClinic, at, make_small_clinic

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


def away(clinic, starts: int = 9, ends: int = 17) -> TimeOff:
    return TimeOff(
        kind="away",
        practitioner=clinic.chen,
        starts_at=at(TUESDAY, starts),
        ends_at=at(TUESDAY, ends),
    )


def look(time_off, by, now=NOW):
    return preview_time_off(time_off=time_off, by=by, now=now)


def take(time_off, by, now=NOW) -> TimeOff:
    seen = look(time_off, by, now).seen
    return take_time_off_as_seen(time_off=time_off, seen=seen, by=by, now=now).time_off


def is_free(clinic) -> bool:
    return bool(ask(clinic.follow_up, clinic.location, TUESDAY).slots())


@pytest.mark.parametrize("who", ["chen", "rosa", "mia"])
def test_own_time_off_or_the_desks_takes_what_is_free(clinic, who):
    by = getattr(clinic, who)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10))

    preview = look(away(clinic), getattr(by, "user", by))
    take(away(clinic), getattr(by, "user", by))

    visit.refresh_from_db()
    assert (preview.broken, visit.state, is_free(clinic)) == ((visit,), "booked", False)


@pytest.mark.parametrize("who", ["dora", "alice"])
def test_nobody_else_takes_it(clinic, who):
    with pytest.raises(NotAllowed):
        look(away(clinic), getattr(clinic, who).user)
    with pytest.raises(NotAllowed):
        take_time_off_as_seen(time_off=away(clinic), seen="", by=getattr(clinic, who).user, now=NOW)


def test_second_click_takes_it_once(clinic):
    seen = look(away(clinic), clinic.rosa).seen

    for _click in range(2):
        take_time_off_as_seen(time_off=away(clinic), seen=seen, by=clinic.rosa, now=NOW)

    assert TimeOff.objects.count() == 1


def test_visit_booked_meanwhile_is_shown_first(clinic):
    seen = look(away(clinic), clinic.rosa).seen
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10))

    with pytest.raises(PreviewChanged):
        take_time_off_as_seen(time_off=away(clinic), seen=seen, by=clinic.rosa, now=NOW)

    assert not TimeOff.objects.exists()


def test_longer_time_off_names_the_visits_that_are_new_in_it(clinic):
    inside, later = (
        book_visit(client, clinic.follow_up, clinic.location, at(TUESDAY, hour))
        for client, hour in ((clinic.alice, 10), (clinic.bea, 13))
    )
    taken = take(away(clinic, 9, 12), clinic.rosa)

    taken.ends_at = at(TUESDAY, 17)

    assert look(taken, clinic.rosa).broken == (later,)
    assert inside in look(away(clinic), clinic.rosa).broken


def test_time_off_that_is_over_is_refused(clinic):
    with pytest.raises(TimeOffOver):
        look(away(clinic), clinic.rosa, now=at(TUESDAY, 17))


def test_time_off_ahead_is_taken_back(clinic):
    taken = take(away(clinic), clinic.chen.user)

    stop_time_off(time_off=taken, by=clinic.chen.user, now=NOW)

    assert (TimeOff.objects.exists(), is_free(clinic)) == (False, True)


def test_time_off_that_has_begun_ends_now_on_the_grid(clinic):
    taken = take(away(clinic), clinic.chen.user)

    stop_time_off(time_off=taken, by=clinic.chen.user, now=at(TUESDAY, 12) + timedelta(minutes=2))

    taken.refresh_from_db()
    assert taken.ends_at == at(TUESDAY, 12, 5)
    assert ask(clinic.follow_up, clinic.location, TUESDAY).first_start() == at(TUESDAY, 12, 15)


def test_time_off_that_somebody_ended_is_not_ended_again(clinic):
    taken = take(away(clinic), clinic.chen.user)
    twin = TimeOff.objects.get(pk=taken.pk)
    stop_time_off(time_off=taken, by=clinic.rosa, now=NOW)

    with pytest.raises(AlreadyChanged):
        stop_time_off(time_off=twin, by=clinic.chen.user, now=NOW)
    with pytest.raises(AlreadyChanged):
        look(twin, clinic.chen.user)


def test_time_off_of_a_room_is_the_desks(clinic):
    blocked = TimeOff(
        kind="blocked",
        room=clinic.rooms[0],
        starts_at=at(TUESDAY, 9),
        ends_at=at(TUESDAY, 10),
    )

    with pytest.raises(NotAllowed):
        stop_time_off(time_off=blocked, by=clinic.chen.user, now=NOW)
