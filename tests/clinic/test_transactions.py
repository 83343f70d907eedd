"""One transaction, tried again: what was set on a row is set back with what was written."""

import psycopg2
import pytest
from django.db import OperationalError

from clinic.models import Client
from clinic.refusals import Busy
from clinic.services.transactions import TRIES, in_one_transaction
from tests.factories.clinic import make_client

pytestmark = pytest.mark.django_db(transaction=True)


class Deadlock(psycopg2.OperationalError):
    pgcode = "40P01"


def rename(failures: int):
    """Make a use-case that renames a client and loses to a deadlock a few times."""
    seen: list[str] = []

    @in_one_transaction
    def use_case(*, client: Client) -> list[str]:
        seen.append(client.name)
        client.name = "Alicia Arden"
        client.save(update_fields=["name"])
        if len(seen) <= failures:
            raise OperationalError from Deadlock()
        return seen

    return use_case


def test_second_try_finds_the_row_as_it_was_before_the_first():
    client = make_client("Alice Arden")

    seen = rename(1)(client=client)

    assert seen == ["Alice Arden", "Alice Arden"]
    assert client.name == Client.objects.get().name == "Alicia Arden"


def test_row_is_as_before_once_all_tries_are_lost():
    client = make_client("Alice Arden")

    with pytest.raises(Busy):
        rename(TRIES)(client=client)

    assert client.name == Client.objects.get().name == "Alice Arden"
