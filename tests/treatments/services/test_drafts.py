"""A plan that is not booked comes back from JSON as it was."""

import json
from datetime import date

import pytest

from bookings.selectors.questions import ClientMarks
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import book_visit
from tests.factories.clinic import at, make_small_clinic
from tests.factories.courses import course_question, make_protocol, proposal_of
from treatments.domain.wishes import Hours, Wishes
from treatments.services.drafts import DraftGone, draft_from_json, draft_to_json

pytestmark = pytest.mark.django_db

WISHES = Wishes(
    only_weekdays=frozenset({2, 4}),
    rather_hours=Hours(960, 1020),
    not_before=date(2027, 6, 10),
    ready_by=date(2027, 9, 20),
)


def there_and_back(question, slots=(), client=None):
    carried = json.loads(json.dumps(draft_to_json(question, slots)))
    return draft_from_json(carried, catalogue(), client)


def test_question_and_slots_come_back_as_they_were():
    clinic = make_small_clinic()
    protocol = make_protocol(clinic)
    question = course_question(
        clinic, protocol, wishes=WISHES, length=4, event_date=date(2027, 9, 30)
    )
    slots = tuple(proposal_of(question).slots)

    again, kept = there_and_back(question, slots)

    assert (again, kept) == (question, slots)
    assert len(kept) == 4


def test_course_entered_half_way_comes_back():
    clinic = make_small_clinic()
    question = course_question(
        clinic, make_protocol(clinic), done_before=4, last_done_date=date(2027, 6, 1)
    )

    again, _ = there_and_back(question)

    assert again == question


def test_first_visit_comes_back_for_its_own_client_only():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.first_visit, clinic.location, at(date(2027, 6, 8), 9))
    question = course_question(
        clinic, make_protocol(clinic), client=clinic.alice, first_visit=visit
    )

    again, _ = there_and_back(question, client=ClientMarks.of(clinic.alice))

    assert again.first_visit == visit
    for somebody in (None, ClientMarks.of(clinic.bea)):
        with pytest.raises(DraftGone):
            there_and_back(question, client=somebody)


@pytest.mark.parametrize("gone", ["protocol", "location", "service"])
def test_draft_of_what_is_no_longer_offered_is_gone(gone):
    clinic = make_small_clinic()
    protocol = make_protocol(clinic)
    question = course_question(clinic, protocol)
    closed = {"protocol": protocol, "location": clinic.location, "service": clinic.follow_up}[gone]
    closed.is_active = False
    closed.save()

    with pytest.raises(DraftGone):
        there_and_back(question)
