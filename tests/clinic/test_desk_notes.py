"""Notes for the front desk: who writes them, once, and who takes them down."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from bookings.services.merging import merge_clients
from clinic.models import DeskNote
from clinic.refusals import AlreadyChanged, NotAllowed
from clinic.selectors.desk_notes import note_counts, notes_of
from clinic.services.desk_notes import take_down_note, write_note
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, at, make_client, make_small_clinic

pytestmark = pytest.mark.django_db

TAXI = "Comes by taxi; ring when it waits"


@pytest.fixture
def clinic():
    return make_small_clinic()


def write(client, by, text=TAXI, note_id=None):
    return write_note(client=client, text=text, note_id=note_id or uuid4(), by=by, now=NOW)


def test_note_says_who_wrote_it_when(clinic):
    note = write(clinic.alice, clinic.rosa)

    assert (note.client, note.text, note.written_by, note.written_at) == (
        clinic.alice,
        TAXI,
        clinic.rosa,
        NOW,
    )


def test_note_sent_twice_is_one_note(clinic):
    note_id = uuid4()

    first, second = (write(clinic.alice, clinic.rosa, note_id=note_id) for _ in range(2))

    assert (first, DeskNote.objects.count()) == (second, 1)


def test_id_of_another_clients_note_is_refused(clinic):
    note = write(clinic.bea, clinic.rosa)

    with pytest.raises(AlreadyChanged):
        write(clinic.alice, clinic.rosa, note_id=note.public_id)

    assert notes_of(clinic.alice) == []


def test_practitioner_writes_about_own_clients_only(clinic):
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))

    write(clinic.alice, clinic.chen.user)
    for stranger in (clinic.dora.user, clinic.alice.user, clinic.bea.user):
        with pytest.raises(NotAllowed):
            write(clinic.alice, stranger)

    assert [note.written_by for note in notes_of(clinic.alice)] == [clinic.chen.user]


def test_note_taken_down_is_kept_with_who_did_it(clinic):
    note = write(clinic.alice, clinic.rosa)

    take_down_note(note=note, by=clinic.mia, now=NOW)

    note.refresh_from_db()
    assert (note.removed_by, note.removed_at, notes_of(clinic.alice)) == (clinic.mia, NOW, [])


def test_taking_down_twice_keeps_who_was_first(clinic):
    note = write(clinic.alice, clinic.rosa)
    take_down_note(note=note, by=clinic.mia, now=NOW)

    again = take_down_note(note=note, by=clinic.rosa, now=NOW)

    assert again.removed_by == clinic.mia


def test_stranger_takes_no_note_down(clinic):
    note = write(clinic.alice, clinic.rosa)

    with pytest.raises(NotAllowed):
        take_down_note(note=note, by=clinic.dora.user, now=NOW)

    assert notes_of(clinic.alice) == [note]


def test_notes_move_with_a_merged_record(clinic):
    twin = make_client("Alice A.", login=False)
    note = write(twin, clinic.rosa)

    merge_clients(keep=clinic.alice, merge=twin, by=clinic.mia, now=NOW)

    assert (notes_of(clinic.alice), notes_of(twin)) == ([note], [])


def test_note_on_a_record_merged_meanwhile_goes_to_the_kept_one(clinic):
    twin = make_client("Alice A.", login=False)
    merge_clients(keep=clinic.alice, merge=twin, by=clinic.mia, now=NOW)

    write(twin, clinic.rosa)

    assert [note.text for note in notes_of(clinic.alice)] == [TAXI]


def test_counts_leave_out_what_was_taken_down(clinic):
    for text in ("one", "two"):
        write(clinic.alice, clinic.rosa, text)
    take_down_note(note=write(clinic.bea, clinic.rosa), by=clinic.rosa, now=NOW)

    assert note_counts([clinic.alice.pk, clinic.bea.pk]) == {clinic.alice.pk: 2}


def test_half_taken_down_is_refused_by_the_database(clinic):
    note = write(clinic.alice, clinic.rosa)

    with pytest.raises(IntegrityError, match="desk_note_removed_whole"), transaction.atomic():
        DeskNote.objects.filter(pk=note.pk).update(removed_at=NOW)
