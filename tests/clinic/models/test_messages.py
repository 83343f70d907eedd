"""What the database itself refuses of messages and consent, in SQL, whatever the code does."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from clinic.models import Consent, DeadAddress, Message
from tests.factories.clinic import NOW, make_small_clinic

pytestmark = pytest.mark.django_db

CLAIM = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def clinic():
    return make_small_clinic()


def insert(clinic, **changes) -> None:
    row = {
        "public_id": str(uuid4()),
        "dedupe_key": str(uuid4()),
        "kind": "visit_booked",
        "channel": "email",
        "client_id": clinic.alice.pk,
        "user_id": None,
        "about": "visit",
        "about_id": 1,
        "about_version": 0,
        "details": "{}",
        "due_at": NOW,
        "state": "due",
        "tries": 0,
        "claim": None,
        "lease_until": None,
        "recovered": False,
        "last_error": "",
        "reason": "",
        "provider_id": "",
        "address": "",
        "subject": "",
        "created_at": NOW,
        "sent_at": None,
        **changes,
    }
    names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO clinic_message ({names}) VALUES ({marks})", [*row.values()])


ALLOWED = [
    {},
    {"channel": "sms"},
    {"state": "claimed", "claim": CLAIM, "lease_until": NOW},
    {"state": "sent", "sent_at": NOW, "address": "alice@example.com"},
    {"state": "dropped", "reason": "cancelled"},
    {"state": "skipped", "reason": "too late"},
    {"state": "failed", "last_error": "HTTP 500"},
]

REFUSED = [
    ("message_state_known", {"state": "posted"}),
    ("message_channel_known", {"channel": "fax"}),
    ("message_has_one_recipient", {"client_id": None}),
    ("message_leased_only_while_claimed", {"state": "claimed", "claim": CLAIM}),
    ("message_leased_only_while_claimed", {"state": "claimed", "lease_until": NOW}),
    ("message_leased_only_while_claimed", {"claim": CLAIM, "lease_until": NOW}),
    ("message_sent_whole", {"state": "sent", "sent_at": NOW}),
    ("message_sent_whole", {"state": "sent", "address": "alice@example.com"}),
    ("message_sent_whole", {"sent_at": NOW}),
    ("message_left_out_with_reason", {"state": "dropped"}),
    ("message_left_out_with_reason", {"state": "skipped"}),
    ("message_failed_with_error", {"state": "failed"}),
]


@pytest.mark.parametrize("changes", ALLOWED)
def test_whole_message_of_each_state_is_allowed(clinic, changes):
    insert(clinic, **changes)

    assert Message.objects.count() == 1


@pytest.mark.parametrize(("name", "changes"), REFUSED)
def test_half_a_message_is_refused(clinic, name, changes):
    with pytest.raises(IntegrityError, match=name):
        insert(clinic, **changes)


def test_message_to_a_client_and_a_login_is_refused(clinic):
    with pytest.raises(IntegrityError, match="message_has_one_recipient"):
        insert(clinic, user_id=clinic.mia.pk)


def test_message_to_a_login_alone_is_allowed(clinic):
    insert(clinic, client_id=None, user_id=clinic.mia.pk)

    assert Message.objects.get().user == clinic.mia


def test_second_message_with_the_same_key_is_refused(clinic):
    insert(clinic, dedupe_key="visit_booked:visit:1:0:email")

    with pytest.raises(IntegrityError, match="dedupe_key"):
        insert(clinic, dedupe_key="visit_booked:visit:1:0:email")


@pytest.mark.parametrize(
    ("name", "changes"),
    [("consent_purpose_known", {"purpose": "ads"}), ("consent_channel_known", {"channel": "fax"})],
)
def test_consent_to_something_unknown_is_refused(clinic, name, changes):
    said = {"purpose": "service", "channel": "sms", **changes}

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Consent.objects.create(client=clinic.alice, given=True, source="desk", at=NOW, **said)


def test_address_is_dead_once_at_a_time():
    mark = {"channel": "email", "address": "alice@example.com", "reason": "full", "at": NOW}
    DeadAddress.objects.create(**mark, cleared_at=NOW)
    DeadAddress.objects.create(**mark)

    with pytest.raises(IntegrityError, match="dead_address_once_open"), transaction.atomic():
        DeadAddress.objects.create(**mark)
