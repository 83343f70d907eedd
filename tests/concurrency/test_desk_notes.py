"""Notes for the desk, written by many clicks at once and while their record is merged."""

from threading import Thread
from uuid import uuid4

import pytest
from django.db import connection

from bookings.services import merging
from bookings.services.merging import merge_clients
from clinic.models import Client, DeskNote
from clinic.services import desk_notes
from clinic.services.desk_notes import write_note
from tests.concurrency.test_race import race
from tests.factories.clinic import NOW, SmallClinic, make_client, make_small_clinic

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

CLICKS = 6
LONG_ENOUGH_TO_REACH_THE_LOCK = 0.5


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


def test_many_clicks_at_once_write_one_note(clinic: SmallClinic) -> None:
    note_id = uuid4()

    def click() -> DeskNote:
        return write_note(client=clinic.alice, text="x", note_id=note_id, by=clinic.rosa, now=NOW)

    outcomes, _ = race([click] * CLICKS)

    assert (outcomes, DeskNote.objects.count()) == ({"booked": CLICKS}, 1)


def note_during_a_merge(clinic: SmallClinic, monkeypatch) -> Client:
    """Write a note about a record whose merge has moved its notes and not committed yet."""
    twin = make_client("Alice A.", login=False)

    def write() -> None:
        write_note(client=twin, text="x", note_id=uuid4(), by=clinic.rosa, now=NOW)
        connection.close()

    writer = Thread(target=write)
    retire = merging._retire

    def retire_late(keep: Client, merge: Client) -> None:
        writer.start()
        writer.join(LONG_ENOUGH_TO_REACH_THE_LOCK)
        retire(keep, merge)

    monkeypatch.setattr(merging, "_retire", retire_late)
    merge_clients(keep=clinic.alice, merge=twin, by=clinic.mia, now=NOW)
    writer.join()
    return DeskNote.objects.get().client


def test_note_written_during_a_merge_is_on_the_kept_record(clinic, monkeypatch) -> None:
    assert note_during_a_merge(clinic, monkeypatch) == clinic.alice


def test_without_the_lock_such_a_note_is_lost_with_the_other_record(clinic, monkeypatch) -> None:
    monkeypatch.setattr(desk_notes, "_going_on", lambda client: client)

    assert note_during_a_merge(clinic, monkeypatch) != clinic.alice
