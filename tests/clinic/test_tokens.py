"""Who calls with a token: the login and its client, in one query."""

import pytest

from clinic.models import Client, User
from clinic.services.tokens import issue_token, user_of_token
from tests.factories.clinic import NOW, make_small_clinic

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return make_small_clinic()


def fields_of(row: User | Client) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_token_finds_its_login_with_the_client_in_one_query(clinic, django_assert_num_queries):
    Client.objects.filter(pk=clinic.alice.pk).update(phone="+12125550123")
    token = issue_token(user=clinic.alice.user, now=NOW)
    user_of_token(token=token, now=NOW)  # the first use of a day is written down

    with django_assert_num_queries(1):
        user = user_of_token(token=token, now=NOW)
        assert user is not None
        client = user.client

    stored = Client.objects.select_related("user").get(pk=clinic.alice.pk)
    assert fields_of(user) == fields_of(stored.user)
    assert fields_of(client) == fields_of(stored)
    assert (client.phone.as_e164, client.user) == ("+12125550123", user)


def test_login_without_a_client_is_found_without_asking_again(clinic, django_assert_num_queries):
    token = issue_token(user=clinic.rosa, now=NOW)
    user_of_token(token=token, now=NOW)

    with django_assert_num_queries(1):
        user = user_of_token(token=token, now=NOW)
        assert getattr(user, "client", None) is None

    assert user == clinic.rosa


def test_token_of_a_login_that_was_closed_finds_nobody(clinic):
    token = issue_token(user=clinic.rosa, now=NOW)
    User.objects.filter(pk=clinic.rosa.pk).update(is_active=False)

    assert user_of_token(token=token, now=NOW) is None


def test_token_that_was_never_issued_finds_nobody(clinic):
    issue_token(user=clinic.rosa, now=NOW)

    assert user_of_token(token="another", now=NOW) is None
