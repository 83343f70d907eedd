"""A wish to move that comes too late goes to reception, once per visit."""

from datetime import date, timedelta

import pytest

from bookings.models import ChangeRequest
from bookings.refusals import TooLateToChange
from bookings.services.requests import answer_request, ask_to_move
from clinic.refusals import AlreadyChanged, NotAllowed
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)


def test_second_wish_replaces_the_words_of_the_first():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    ask_to_move(appointment=visit, wish="Later", by=clinic.alice.user, now=NOW)
    ask_to_move(appointment=visit, wish="Thursday", by=clinic.alice.user, now=NOW)

    assert list(ChangeRequest.objects.values_list("wish", "outcome")) == [("Thursday", "")]


def test_wish_after_the_start_is_refused():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    with pytest.raises(TooLateToChange):
        ask_to_move(appointment=visit, wish="Later", by=clinic.alice.user, now=at(TUESDAY, 9))


def test_wish_is_answered_once():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    wish = ask_to_move(appointment=visit, wish="Later", by=clinic.alice.user, now=NOW)
    outcome = ChangeRequest.Outcome.KEPT

    answer_request(request=wish, outcome=outcome, by=clinic.rosa, now=NOW)
    with pytest.raises(AlreadyChanged):
        answer_request(request=wish, outcome=outcome, by=clinic.mia, now=NOW + timedelta(minutes=1))

    wish.refresh_from_db()
    assert (wish.answered_by, wish.answered_at) == (clinic.rosa, NOW)


def test_client_does_not_answer_wishes():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    wish = ask_to_move(appointment=visit, wish="Later", by=clinic.alice.user, now=NOW)

    with pytest.raises(NotAllowed):
        answer_request(
            request=wish, outcome=ChangeRequest.Outcome.MOVED, by=clinic.alice.user, now=NOW
        )
