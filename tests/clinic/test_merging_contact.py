"""Two records of one person: what was said to them, and what they said, comes together."""

from datetime import timedelta

import pytest

from bookings.services.merging import merge_clients
from clinic.models import CalendarFeed, CallEntry, Consent, Message
from clinic.selectors.reach import reach_of
from tests.factories.clinic import NOW, make_client, make_small_clinic
from tests.support.messages import make_message

pytestmark = pytest.mark.django_db

EARLIER, EARLIEST = NOW - timedelta(days=1), NOW - timedelta(days=2)


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def twin():
    return make_client("Alice A.", login=False, email="alice@old.example")


def said(client, given, at, purpose="recall", channel="email"):
    Consent.objects.create(
        client=client, purpose=purpose, channel=channel, given=given, source="desk", at=at
    )


def merge(clinic, twin):
    merge_clients(keep=clinic.alice, merge=twin, by=clinic.mia, now=NOW)


def answers(client):
    rows = Consent.objects.filter(client=client).order_by("pk")
    return [(row.purpose, row.channel, row.given, row.source, row.at) for row in rows]


def test_messages_and_calls_move_to_the_kept_record(clinic, twin):
    message = make_message(twin, clinic.location, NOW)
    call = CallEntry.objects.create(
        dedupe_key="x", client=twin, location=clinic.location, reason="repair", about="visit",
        about_id=1, created_at=NOW,
    )  # fmt: skip

    merge(clinic, twin)

    assert Message.objects.get(pk=message.pk).client == clinic.alice
    assert CallEntry.objects.get(pk=call.pk).client == clinic.alice


def test_answer_of_the_other_record_is_written_as_a_new_row(clinic, twin):
    said(twin, True, EARLIER)

    merge(clinic, twin)

    assert answers(clinic.alice) == [("recall", "email", True, "merge", NOW)]
    assert answers(twin) == [("recall", "email", True, "desk", EARLIER)]


@pytest.mark.parametrize(
    ("mine", "theirs", "counts"),
    [
        ((True, EARLIEST), (False, EARLIER), False),
        ((True, EARLIER), (False, EARLIEST), True),
        ((False, EARLIEST), (True, EARLIER), True),
    ],
)
def test_later_answer_counts(clinic, twin, mine, theirs, counts):
    said(clinic.alice, *mine)
    said(twin, *theirs)

    merge(clinic, twin)

    assert reach_of([clinic.alice])[clinic.alice.pk].may("recall", "email") is counts


def test_same_answer_is_not_written_twice(clinic, twin):
    said(clinic.alice, True, EARLIEST)
    said(twin, True, EARLIER)

    merge(clinic, twin)

    assert len(answers(clinic.alice)) == 1


def test_calendar_address_goes_on_unless_there_are_two(clinic, twin):
    feed = CalendarFeed.objects.create(client=twin, renewed_at=NOW)

    merge(clinic, twin)

    feed.refresh_from_db()
    assert feed.client == clinic.alice
