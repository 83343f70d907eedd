"""Rows of several tables in one round trip: all that is given, or nothing."""

import pytest
from django.db import IntegrityError, transaction

from clinic.messaging.outbox import About, tell_user
from clinic.models import ApiToken, Consent, Message, Purpose
from clinic.models.inserting import insert
from tests.factories.clinic import NOW, make_small_clinic

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return make_small_clinic()


def message(clinic, number: int) -> Message:
    row = tell_user(kind="test", user=clinic.mia, about=About("thing", number), due_at=NOW, now=NOW)
    row.details = {"words": ["50 %", "it's", None]}
    return row


def token(clinic, text: str) -> ApiToken:
    return ApiToken(user=clinic.mia, token_hash=text, created_at=NOW, expires_at=NOW)


def consent(clinic) -> Consent:
    return Consent(
        client=clinic.alice,
        purpose=Purpose.RECALL,
        channel=Message.Channel.EMAIL,
        given=True,
        source=Consent.Source.DESK,
        at=NOW,
    )


def test_rows_of_three_tables_are_one_statement(clinic, django_assert_num_queries):
    rows = [message(clinic, 1), message(clinic, 2), token(clinic, "a"), consent(clinic)]

    with django_assert_num_queries(1):
        insert(rows)

    stored = Message.objects.get(about_id=2)
    assert (stored.public_id, stored.details) == (rows[1].public_id, rows[1].details)
    assert (stored.due_at, stored.user, stored.client) == (NOW, clinic.mia, None)
    assert ApiToken.objects.get().token_hash == "a"
    assert Consent.objects.get(purpose=Purpose.RECALL).client == clinic.alice


def test_no_rows_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        insert([])


def test_refused_row_leaves_none_of_the_others(clinic):
    insert([token(clinic, "a")])

    with pytest.raises(IntegrityError), transaction.atomic():
        insert([message(clinic, 1), token(clinic, "a")])

    assert not Message.objects.exists()


def test_twin_is_left_as_it_is_and_the_others_are_written(clinic):
    first = message(clinic, 1)
    insert([first])

    insert([message(clinic, 1), message(clinic, 2), token(clinic, "a")], but_twins=True)

    assert Message.objects.get(about_id=1).public_id == first.public_id
    assert (Message.objects.count(), ApiToken.objects.count()) == (2, 1)
