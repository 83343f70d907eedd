"""The desk's clients: finding, entering, changing, merging."""

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Client
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_client, make_small_clinic
from tests.support.desk import diary_queries, signed_in, words


@pytest.fixture
def clinic(db: None) -> Iterator[SmallClinic]:
    with time_machine.travel(NOW, tick=True):
        yield make_small_clinic()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("alice", ["Alice Arden"]),
        ("ARD ali", ["Alice Arden"]),
        ("bea@example", ["Bea Brook"]),
        ("(415) 555-0199", ["Cleo Cole"]),
        ("5550199", ["Cleo Cole"]),
        ("", ["Alice Arden", "Bea Brook", "Cleo Cole"]),
        ("nobody", []),
        ("%", []),
    ],
)
def test_clients_are_found_by_name_email_or_phone(
    clinic: SmallClinic, asked: str, found: list[str]
) -> None:
    make_client("Cleo Cole", login=False)
    Client.objects.filter(name="Cleo Cole").update(phone="+14155550199")

    page = words(signed_in(clinic.rosa).get("/clients/", {"q": asked}))

    named = [name for name in ("Alice Arden", "Bea Brook", "Cleo Cole") if name in page]
    assert named == found


def test_clients_come_page_by_page(clinic: SmallClinic) -> None:
    Client.objects.filter(pk=clinic.bea.pk).update(name="Zora Brook")
    for number in range(30):
        make_client(f"Client {number:02}", login=False)
    browser = signed_in(clinic.rosa)

    first, second = words(browser.get("/clients/")), words(browser.get("/clients/?page=2"))

    assert "32 clients" in first
    assert "Page 1 of 2" in first
    assert "Zora Brook" not in first
    assert "Zora Brook" in second


@pytest.mark.parametrize("count", [1, 3])
def test_clients_cost_the_same_queries(clinic: SmallClinic, count: int) -> None:
    for number in range(count):
        make_client(f"Client {number:02}", login=False)
    browser = signed_in(clinic.rosa)

    with CaptureQueriesContext(connection) as queries:
        browser.get("/clients/?q=Client")

    assert len(diary_queries(queries)) == 3


def test_client_is_entered_without_an_email(clinic: SmallClinic) -> None:
    answer = signed_in(clinic.rosa).post(
        "/clients/new/",
        {
            "name": " Cleo  Cole ",
            "phone": "(212) 555-0199",
            "needs_step_free": "on",
            "no_needling_before": "2027-07-01",
        },
        follow=True,
    )

    client = Client.objects.get(name="Cleo Cole")
    assert (client.email, client.phone.as_e164) == ("", "+12125550199")
    assert (client.needs_step_free, client.no_needling_before) == (True, date(2027, 7, 1))
    assert "Cleo Cole is entered." in words(answer)
    assert "Step-free room No needling before Thu 1 Jul" in words(answer)


def test_marks_say_that_no_reason_is_kept(clinic: SmallClinic) -> None:
    page = words(signed_in(clinic.rosa).get("/clients/new/"))

    assert "For staff only. They say what to do, never why: no reason is kept." in page


def test_after_entering_a_client_foreign_addresses_are_not_followed(clinic: SmallClinic) -> None:
    answer = signed_in(clinic.rosa).post(
        "/clients/new/?next=https://elsewhere.example/", {"name": "Cleo Cole"}
    )

    client = Client.objects.get(name="Cleo Cole")
    assert answer.url == f"/clients/{client.public_id}/"


def test_change_keeps_the_address_of_a_login(clinic: SmallClinic) -> None:
    signed_in(clinic.rosa).post(
        f"/clients/{clinic.alice.public_id}/edit/",
        {"name": "Alice Ash", "email": "mallory@example.com", "never_overlap": "on"},
    )

    clinic.alice.refresh_from_db()
    assert (clinic.alice.name, clinic.alice.email) == ("Alice Ash", "alice@example.com")
    assert clinic.alice.never_overlap


def test_client_page_shows_upcoming_and_past_visits(clinic: SmallClinic) -> None:
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))
    book_visit(clinic.alice, clinic.first_visit, clinic.location, at(TODAY, 15))

    with time_machine.travel(at(TODAY, 12)):
        page = words(signed_in(clinic.rosa).get(f"/clients/{clinic.alice.public_id}/"))

    upcoming, past = page.split("Past and cancelled")
    assert "Mon 7 Jun 3pm to 4:30pm First visit Chen Li" in upcoming
    assert "Mon 7 Jun 10am to 11am Follow up Chen Li" in past
    assert "Signs in with this address" in past


def test_records_with_the_same_email_are_told_and_managers_may_merge(clinic: SmallClinic) -> None:
    make_client("Alicia Arden", login=False, email="Alice@example.com")
    url = f"/clients/{clinic.alice.public_id}/"

    reception = words(signed_in(clinic.rosa).get(url))
    manager = words(signed_in(clinic.mia).get(url))

    assert "Other records with this e-mail" in reception
    assert "Merge into this record" not in reception
    assert "Alicia Arden Merge into this record" in manager


def test_merge_shows_both_sides_then_moves_the_visits(clinic: SmallClinic) -> None:
    other = make_client("Alicia Arden", login=False, never_overlap=True)
    visit = book_visit(other, clinic.follow_up, clinic.location, at(TODAY, 10), by=clinic.rosa)
    browser = signed_in(clinic.mia)
    url = f"/clients/{clinic.alice.public_id}/merge/"

    chosen = words(browser.get(url, {"q": "alicia"}))
    preview = words(browser.get(url, {"other": other.public_id}))
    merged = words(browser.post(url, {"other": other.public_id}, follow=True))

    assert "Alicia Arden" in chosen
    assert "This record goes on Alice Arden" in preview
    assert "This one becomes part of it Alicia Arden" in preview
    assert "Follow up Never overlap Chen Li" in preview
    assert "Alicia Arden is now part of Alice Arden." in merged
    visit.refresh_from_db()
    assert visit.client == clinic.alice


def test_merged_record_leads_to_the_one_that_goes_on(clinic: SmallClinic) -> None:
    other = make_client("Alicia Arden", login=False)
    browser = signed_in(clinic.mia)
    browser.post(f"/clients/{clinic.alice.public_id}/merge/", {"other": other.public_id})

    answer = browser.get(f"/clients/{other.public_id}/")

    assert answer.url == f"/clients/{clinic.alice.public_id}/"
    assert "2 clients" in words(browser.get("/clients/"))


def test_merge_with_a_clash_lists_it_and_changes_nothing(clinic: SmallClinic) -> None:
    clinic.dora.services.set([clinic.follow_up])
    other = make_client("Alicia Arden", login=False)
    for client, person in ((clinic.alice, clinic.chen), (other, clinic.dora)):
        book_visit(
            client,
            clinic.follow_up,
            clinic.location,
            at(TODAY, 10),
            practitioner=person,
            by=clinic.rosa,
        )

    answer = signed_in(clinic.mia).post(
        f"/clients/{clinic.alice.public_id}/merge/", {"other": other.public_id}
    )

    assert answer.status_code == 409
    assert "Both records have a visit at the same time." in words(answer)
    clash = "Follow up on Monday 7 June, 10am / Follow up on Monday 7 June, 10am"
    assert clash in words(answer)
    other.refresh_from_db()
    assert other.merged_into is None


def test_merge_of_two_logins_is_refused(clinic: SmallClinic) -> None:
    answer = signed_in(clinic.mia).post(
        f"/clients/{clinic.alice.public_id}/merge/", {"other": clinic.bea.public_id}
    )

    assert answer.status_code == 409
    assert "Both records have a login." in words(answer)


def test_merging_twice_is_harmless(clinic: SmallClinic) -> None:
    other = make_client("Alicia Arden", login=False)
    browser = signed_in(clinic.mia)
    url = f"/clients/{clinic.alice.public_id}/merge/"
    browser.post(url, {"other": other.public_id})

    assert browser.post(url, {"other": other.public_id}).status_code == 404


@pytest.mark.parametrize(
    "after", ["nowhere", "clients", "/day/book/?date=2027-06-08", "//evil.example/"]
)
def test_new_client_goes_on_within_the_site_or_to_the_record(
    clinic: SmallClinic, after: str
) -> None:
    answer = signed_in(clinic.rosa).post(f"/clients/new/?next={after}", {"name": "Cleo Cole"})

    cleo = Client.objects.get(name="Cleo Cole")
    on_the_day = f"/day/book/?date=2027-06-08&client={cleo.public_id}"
    expected = on_the_day if after.startswith("/day/") else f"/clients/{cleo.public_id}/"
    assert (answer.status_code, answer["Location"]) == (302, expected)
