"""The card of a client: what the desk sees, what a practitioner sees, and notes on it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Needling
from bookings.services.holding import place_hold
from clinic.models import DeskNote
from tests.factories.bookings import book_visit, wish
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_client
from tests.factories.courses import make_course
from tests.support.desk import signed_in, words
from tests.support.messages import make_message

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def shared(clinic: SmallClinic) -> SmallClinic:
    """Let Alice have a visit with Chen today, and one with Dora tomorrow."""
    clinic.dora.services.set([clinic.follow_up])
    clinic.alice.never_overlap = True
    clinic.alice.save()
    for person, day in ((clinic.chen, TODAY), (clinic.dora, TOMORROW)):
        book_visit(
            clinic.alice,
            clinic.follow_up,
            clinic.location,
            at(day, 10),
            practitioner=person,
            by=clinic.rosa,
        )
    return clinic


def card_url(clinic: SmallClinic) -> str:
    return f"/clients/{clinic.alice.public_id}/"


def add_note(user, clinic: SmallClinic, text: str, **more: object):
    sent = {"text": text, "note_id": str(uuid4()), **more}
    return signed_in(user).post(f"{card_url(clinic)}notes/", sent, follow=True)


def test_desk_sees_all_visits_marks_and_acts(shared: SmallClinic) -> None:
    page = words(signed_in(shared.rosa).get(card_url(shared)))

    for part in (
        "Never overlap",
        "Mon 7 Jun 10am to 11am Follow up",
        "Tue 8 Jun 10am to 11am Follow up",
        "Book a visit",
        "Plan a course",
        "Call",
        "Change",
        "+1 212-555-0111",
        "All messages to this client",
    ):
        assert part in page, part


def test_practitioner_sees_own_visits_and_no_acts_of_the_desk(shared: SmallClinic) -> None:
    answer = signed_in(shared.chen.user).get(card_url(shared))
    page, html = words(answer), answer.content.decode()

    assert "Mon 7 Jun 10am to 11am Follow up" in page
    assert "Never overlap" in page
    assert "Tue 8 Jun" not in page
    assert "Dora" not in page
    for path in ("/edit/", "/merge/", "/messages/", "/day/book/", "/maintenance/"):
        assert path not in html.partition("<main")[2], path


def test_stranger_among_practitioners_finds_nothing(shared: SmallClinic) -> None:
    bea = f"/clients/{shared.bea.public_id}/"

    assert signed_in(shared.chen.user).get(bea).status_code == 404
    assert signed_in(shared.chen.user).post(f"{bea}notes/", {"text": "x"}).status_code == 404
    assert not DeskNote.objects.exists()


def test_slot_that_is_only_held_makes_nobody_a_client_of_somebody(clinic: SmallClinic) -> None:
    place_hold(
        wish=wish(clinic.follow_up, clinic.location, at(TODAY, 14)), client=clinic.bea, now=NOW
    )

    assert signed_in(clinic.chen.user).get(f"/clients/{clinic.bea.public_id}/").status_code == 404
    assert "Bea Brook" not in words(signed_in(clinic.chen.user).get("/clients/"))


def test_practitioner_finds_own_clients_only(shared: SmallClinic) -> None:
    browser = signed_in(shared.chen.user)
    assert 'href="/clients/"' in browser.get("/day/").content.decode()

    everybody, bea = (words(browser.get(f"/clients/?q={words_}")) for words_ in ("", "brook"))

    assert "1 client Name" in everybody
    assert "Alice Arden" in everybody
    assert "New client" not in everybody
    assert "Nobody found" in bea


def test_merged_record_tells_a_stranger_nothing(clinic: SmallClinic) -> None:
    twin = make_client("Alicia Arden", login=False)
    signed_in(clinic.mia).post(f"{card_url(clinic)}merge/", {"other": twin.public_id})

    assert signed_in(clinic.dora.user).get(f"/clients/{twin.public_id}/").status_code == 404


def test_needles_are_for_whoever_treats(shared: SmallClinic) -> None:
    visit = shared.alice.appointments.earliest("starts_at")
    Needling.objects.create(
        appointment=visit, in_count=12, in_at=NOW, out_count=12, out_at=NOW + timedelta(minutes=25)
    )
    seen = {
        user: "12 needles in, 12 removed" in words(signed_in(user).get(card_url(shared)))
        for user in (shared.chen.user, shared.dora.user, shared.rosa, shared.mia)
    }

    assert [user for user, is_seen in seen.items() if is_seen] == [shared.chen.user]


def test_practitioner_reads_messages_about_own_visits_only(shared: SmallClinic) -> None:
    chens, doras = shared.alice.appointments.order_by("starts_at")
    make_message(
        shared.alice, shared.location, NOW, kind="visit_moved", about="visit", about_id=chens.pk
    )
    make_message(
        shared.alice, shared.location, NOW, kind="visit_cancelled", about="visit", about_id=doras.pk
    )

    page = signed_in(shared.chen.user).get(card_url(shared))
    told = words(page).partition("What the client was told")[2]

    assert "moved" in told.lower()
    assert "cancelled" not in told.lower()
    assert str(doras.public_id) not in page.content.decode()


def test_course_shows_progress_next_visit_and_its_gap(clinic: SmallClinic) -> None:
    course = make_course(clinic)
    first = clinic.alice.appointments.order_by("starts_at")[0]
    type(first).objects.filter(pk=first.pk).update(state="completed")

    answer = signed_in(clinic.chen.user).get(card_url(clinic))

    page = words(answer)
    assert f'aria-label="1 of {course.length} sessions done"' in answer.content.decode()
    assert "Next visit: Monday 14 June, " in page
    assert "7 days after session 1" in page


def test_other_practitioners_course_is_not_on_the_card(shared: SmallClinic) -> None:
    course = make_course(shared)

    page = signed_in(shared.dora.user).get(card_url(shared)).content.decode()

    assert str(course.public_id) not in page


def test_note_is_added_shown_and_taken_down(shared: SmallClinic) -> None:
    added = words(add_note(shared.rosa, shared, "  Comes by\n taxi "))
    note = DeskNote.objects.get()
    down = f"{card_url(shared)}notes/{note.public_id}/down/"

    assert "The note is on the card." in added
    assert "Comes by taxi Rosa Reed, Monday 7 June, 8am Take down" in added
    assert "Comes by taxi" in words(signed_in(shared.chen.user).get(card_url(shared)))
    gone = words(signed_in(shared.chen.user).post(down, follow=True))
    assert "The note is taken down." in gone
    assert "Comes by taxi" not in gone


def test_double_click_on_a_note_is_one_note(shared: SmallClinic) -> None:
    note_id = str(uuid4())

    for _ in range(2):
        answer = add_note(shared.rosa, shared, "Comes by taxi", note_id=note_id)

    assert (answer.status_code, DeskNote.objects.count()) == (200, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "Write the note."), ("x" * 301, "Keep the note to 300 characters.")],
)
def test_note_that_cannot_be_kept_is_explained_and_not_lost(
    shared: SmallClinic, text: str, said: str
) -> None:
    answer = add_note(shared.rosa, shared, text)

    assert answer.status_code == 422
    assert words(answer).count(said) == 2
    assert text in answer.content.decode()
    assert not DeskNote.objects.exists()


def test_note_of_somebody_else_is_not_taken_down_through_another_card(
    shared: SmallClinic,
) -> None:
    add_note(shared.rosa, shared, "Comes by taxi")
    note = DeskNote.objects.get()
    through_bea = f"/clients/{shared.bea.public_id}/notes/{note.public_id}/down/"

    assert signed_in(shared.rosa).post(through_bea).status_code == 404
    assert signed_in(shared.rosa).get(f"{card_url(shared)}notes/").status_code == 405
    note.refresh_from_db()
    assert note.removed_at is None


def test_visit_page_counts_the_notes_and_leads_to_them(shared: SmallClinic) -> None:
    for text in ("one", "two"):
        add_note(shared.rosa, shared, text)
    visit = shared.alice.appointments.earliest("starts_at")

    answer = signed_in(shared.chen.user).get(f"/day/visits/{visit.public_id}/")

    assert f'<a href="{card_url(shared)}#notes">2 notes</a>' in answer.content.decode()


def test_day_counts_the_notes_on_rows_and_on_the_practitioners_card(shared: SmallClinic) -> None:
    add_note(shared.rosa, shared, "one")
    desk, chen = (words(signed_in(user).get("/day/")) for user in (shared.rosa, shared.chen.user))
    add_note(shared.rosa, shared, "two")
    after = words(signed_in(shared.chen.user).get("/day/"))

    assert "Follow up Never overlap 1 note " in desk
    assert "Follow up Never overlap 1 note " in chen
    assert "Follow up Never overlap 2 notes " in after


@pytest.mark.parametrize("count", [1, 3, 60])
@pytest.mark.parametrize(("who", "expected"), [("rosa", 15), ("chen", 13)])
def test_card_costs_the_same_queries(
    clinic: SmallClinic, who: str, expected: int, count: int
) -> None:
    days = [TODAY + timedelta(days=number) for number in range(100)]
    mornings = [at(day, 10) for day in days if day.weekday() < 5][:count]
    for starts_at in mornings:
        book_visit(
            clinic.alice, clinic.follow_up, clinic.location, starts_at, by=clinic.rosa, now=NOW
        )
    for number in range(min(count, 3)):
        add_note(clinic.rosa, clinic, f"note {number}")
    browser = signed_in(clinic.rosa if who == "rosa" else clinic.chen.user)
    browser.get(card_url(clinic))

    with CaptureQueriesContext(connection) as queries:
        browser.get(card_url(clinic))

    assert len(queries) == expected
