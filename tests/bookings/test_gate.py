"""Nobody unqualified on the date of a visit can be booked for it."""

from datetime import date

import pytest

from bookings.refusals import NotQualified
from bookings.selectors.cover import visits_to_cover
from clinic.domain.credentials import Result
from tests.factories.bookings import ask, book_visit
from tests.factories.clinic import at, make_small_clinic
from tests.factories.credentials import check, make_type, verified

pytestmark = pytest.mark.django_db

LAST = date(2027, 6, 9)
DAY_AFTER = date(2027, 6, 10)


def test_slots_end_with_the_last_valid_day():
    clinic = make_small_clinic()
    insurance = make_type("insurance", required_by=[clinic.follow_up])
    verified(insurance, clinic.chen, by=clinic.mia, expires=LAST)

    assert ask(clinic.follow_up, clinic.location, LAST).slots()
    assert ask(clinic.follow_up, clinic.location, DAY_AFTER).slots() == []


def test_booking_after_the_last_valid_day_is_refused():
    clinic = make_small_clinic()
    insurance = make_type("insurance", required_by=[clinic.follow_up])
    verified(insurance, clinic.chen, by=clinic.mia, expires=LAST)

    with pytest.raises(NotQualified):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(DAY_AFTER, 10))


def test_revoked_paper_puts_booked_visits_on_the_cover_list():
    clinic = make_small_clinic()
    licence = make_type("licence", required_by=[clinic.follow_up])
    paper = verified(licence, clinic.chen, by=clinic.mia)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(LAST, 10))

    check(paper, Result.REVOKED, by=clinic.mia)

    assert [item.visit for item in visits_to_cover(visit.created_at)] == [visit]
    assert ask(clinic.follow_up, clinic.location, LAST).slots() == []
