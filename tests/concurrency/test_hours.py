"""Two saves of hours at once, and a booking beside a change: before it, or refused.

The pairs show what the lock on the hands and the mark of the preview are for.
"""

from collections.abc import Callable
from datetime import date, time
from threading import Event
from unittest import mock

import pytest

from bookings.models import Appointment
from bookings.refusals import SlotTaken
from bookings.selectors.cover_needed import cover_needed
from bookings.services import rosters
from bookings.services.previews import PreviewChanged
from bookings.services.rosters import change_roster, preview_roster
from clinic.domain.roster import overlapping_weekly
from clinic.domain.roster_changes import WeekFrom
from clinic.models import RosterHours
from clinic.selectors.catalogue import catalogue
from tests.concurrency.test_papers import after, clear
from tests.concurrency.test_race import race
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, SmallClinic, at, make_small_clinic

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TUESDAY = date(2027, 6, 8)
NINE = at(TUESDAY, 9)
ROUNDS = 6

Act = Callable[[], object]


def week(starts: int, ends: int = 17) -> WeekFrom:
    return WeekFrom(TUESDAY, tuple((day, time(starts), time(ends)) for day in range(1, 6)))


def look(clinic: SmallClinic, change: WeekFrom) -> str:
    asked = {"practitioner": clinic.chen, "location": clinic.location, "by": clinic.mia}
    return preview_roster(change=change, now=NOW, **asked).seen


def saving(clinic: SmallClinic, change: WeekFrom) -> Act:
    """Look now, and return what saves it."""
    seen = look(clinic, change)

    def save() -> None:
        change_roster(
            practitioner=clinic.chen,
            location=clinic.location,
            change=change,
            seen=seen,
            by=clinic.mia,
            now=NOW,
        )

    return save


def settled(act: Act, refusals: type[Exception] | tuple[type[Exception], ...]) -> Act:
    def run() -> None:
        try:
            act()
        except refusals:
            return

    return run


def test_of_two_saves_at_once_one_wins_and_no_hours_overlap():
    clinic = make_small_clinic()

    for number in range(ROUNDS):
        changes = [week(10 + number % 2, 15), week(12, 16 + number % 2)]
        lost = []
        saves = [saving(clinic, change) for change in changes]

        def counted(act: Act, lost: list[int] = lost) -> Act:
            def run() -> None:
                try:
                    act()
                except PreviewChanged:
                    lost.append(1)

            return run

        race([counted(save) for save in saves])

        rows = RosterHours.objects.filter(practitioner=clinic.chen)
        assert overlapping_weekly([row.hours for row in rows]) is None
        assert len(lost) == 1
        reset_hours(clinic)


def test_without_the_mark_two_looks_at_once_are_both_written():
    clinic = make_small_clinic()
    first, second = saving(clinic, week(10)), saving(clinic, week(12))

    with mock.patch.object(rosters, "mark_of", return_value="same"):
        seen = "same"
        for change in (week(10), week(12)):
            change_roster(
                practitioner=clinic.chen,
                location=clinic.location,
                change=change,
                seen=seen,
                by=clinic.mia,
                now=NOW,
            )
    assert RosterHours.objects.filter(starts=time(12)).count() == 5

    reset_hours(clinic)
    first()
    with pytest.raises(PreviewChanged):
        second()


def test_booking_beside_a_change_of_hours_is_seen_or_refused_or_on_the_list():
    clinic = make_small_clinic()

    for number in range(ROUNDS):
        save = settled(saving(clinic, week(12)), PreviewChanged)
        book = settled(
            lambda: book_visit(clinic.alice, clinic.follow_up, clinic.location, NINE), SlotTaken
        )
        stagger = (number - ROUNDS / 2) / 50

        outcomes, _ = race([after(max(stagger, 0), book), after(max(-stagger, 0), save)])

        assert outcomes == {"booked": 2}
        changed = RosterHours.objects.filter(
            practitioner=clinic.chen, starts=time(12), valid_to=None
        ).exists()
        there = set(Appointment.objects.filter(state="booked"))
        listed = {need.visit for need in cover_needed(catalogue(), NOW)}
        # Who saved saw no visit, so none may have been written before the change.
        assert (there == set()) if changed else (listed == set())
        clear()
        reset_hours(clinic)


def test_without_the_lock_a_booking_lies_outside_hours_that_looked_free():
    clinic = make_small_clinic()
    save = saving(clinic, week(12))
    write = rosters._write
    looked, booked = Event(), Event()

    def write_once_booked(*args: object) -> None:
        looked.set()
        assert booked.wait(60)
        write(*args)

    def book_once_looked() -> None:
        assert looked.wait(60)
        book_visit(clinic.alice, clinic.follow_up, clinic.location, NINE)
        booked.set()

    with (
        mock.patch.object(rosters, "lock_resources"),
        mock.patch.object(rosters, "_write", write_once_booked),
    ):
        outcomes, _ = race([save, book_once_looked])

    assert outcomes == {"booked": 2}
    # Booked after the preview was checked, and nobody was told; the list knows all the same.
    visit = Appointment.objects.get()
    assert [need.visit for need in cover_needed(catalogue(), NOW)] == [visit]


def reset_hours(clinic: SmallClinic) -> None:
    RosterHours.objects.filter(practitioner=clinic.chen).delete()
    RosterHours.objects.bulk_create(
        RosterHours(
            practitioner=clinic.chen,
            location=clinic.location,
            weekday=day,
            starts=time(9),
            ends=time(17),
            valid_from=date(2026, 1, 1),
        )
        for day in range(1, 6)
    )
