"""Entering clients, claiming a record, and the declaration of an adult."""

import pytest

from clinic.models import Client
from clinic.refusals import NotAllowed
from clinic.services.clients import (
    ClientDetails,
    Marks,
    client_of_login,
    enter_client,
    update_client,
)
from tests.factories.clinic import NOW, make_client, make_user

pytestmark = pytest.mark.django_db

DETAILS = ClientDetails(name="Alice Arden", email="Alice@Example.com", phone="+12125550111")


def test_visitor_becomes_a_client_of_their_own():
    user = make_user("Alice Arden")

    client = client_of_login(user=user, details=DETAILS, is_adult=True, now=NOW)

    assert client is not None
    assert (client.user, client.email, client.adult_declared_at) == (
        user,
        "alice@example.com",
        NOW,
    )


def test_record_that_reception_entered_is_claimed():
    record = make_client("A. Arden", login=False, email="alice@example.com")
    user = make_user("Alice Arden")

    client = client_of_login(user=user, details=None, is_adult=False, now=NOW)

    assert (client, Client.objects.get().user) == (record, user)


def test_of_two_records_with_one_address_none_is_claimed():
    make_client("A. Arden", login=False, email="alice@example.com")
    make_client("Alice A.", login=False, email="alice@example.com")
    user = make_user("Alice Arden")

    client = client_of_login(user=user, details=DETAILS, is_adult=True, now=NOW)

    assert client is not None
    assert Client.objects.count() == 3


def test_record_of_another_login_is_not_claimed():
    other = make_client("Bea Brook")
    Client.objects.filter(pk=other.pk).update(email="alice@example.com")
    user = make_user("Alice Arden")

    assert client_of_login(user=user, details=None, is_adult=False, now=NOW) is None


def test_declaration_is_kept_once_given():
    alice = make_client("Alice Arden")

    client_of_login(user=alice.user, details=DETAILS, is_adult=False, now=NOW)

    alice.refresh_from_db()
    assert alice.adult_declared_at == NOW


def test_reception_enters_a_client_without_an_address():
    rosa = make_user("Rosa Reed", is_reception=True)
    details = ClientDetails(name="Walk In", email="", phone="")

    client = enter_client(details=details, marks=Marks(never_overlap=True), by=rosa)

    assert (client.user, client.email, client.never_overlap) == (None, "", True)


def test_address_of_a_login_is_not_changed_by_reception():
    rosa = make_user("Rosa Reed", is_reception=True)
    alice = make_client("Alice Arden")

    update_client(
        client=alice,
        details=ClientDetails(name="Alice B.", email="new@example.com", phone=""),
        marks=Marks(),
        by=rosa,
        now=NOW,
    )

    alice.refresh_from_db()
    assert (alice.name, alice.email) == ("Alice B.", "alice@example.com")


def test_client_does_not_enter_clients():
    with pytest.raises(NotAllowed):
        enter_client(details=DETAILS, marks=Marks(), by=make_user("Bea Brook"))


def test_form_of_a_record_claimed_meanwhile_does_not_undo_the_claim():
    rosa = make_user("Rosa Reed", is_reception=True)
    record = make_client("A. Arden", login=False, email="alice@example.com")
    read_before = Client.objects.get(pk=record.pk)
    user = make_user("Alice Arden")
    client_of_login(user=user, details=DETAILS, is_adult=True, now=NOW)

    update_client(
        client=read_before, details=DETAILS, marks=Marks(never_overlap=True), by=rosa, now=NOW
    )

    record.refresh_from_db()
    assert (record.user, record.never_overlap, record.adult_declared_at) == (user, True, NOW)
