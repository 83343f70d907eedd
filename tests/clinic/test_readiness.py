"""What is left to do until somebody can be booked is said where managers and the desk look."""

from collections.abc import Iterator
from datetime import time
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from clinic.models import Practitioner, RosterHours
from clinic.selectors.catalogue import catalogue
from clinic.selectors.readiness import Lack, PaperLack, lack_for, not_yet_bookable, readiness_of
from tests.factories.admin import add_url, change_url, location_form, manager_browser, rows_of
from tests.factories.clinic import (
    NOW,
    TODAY,
    make_location,
    make_practitioner,
    make_small_clinic,
    make_user,
)
from tests.factories.credentials import hand_in, make_type, verified

pytestmark = pytest.mark.django_db


@pytest.fixture
def small() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=True):
        yield make_small_clinic()


@pytest.fixture
def office(small: Any) -> Any:
    return manager_browser(small.mia)


def lack(small: Any, person: Practitioner, location: Any = None) -> Lack | None:
    facts = catalogue()
    place = location or small.location
    return lack_for(facts, facts.practitioners[person.pk], small.follow_up.pk, place.pk, NOW)


def test_whoever_has_everything_lacks_nothing(small: Any) -> None:
    assert lack(small, small.chen) is None


def test_service_that_is_not_offered_comes_first(small: Any) -> None:
    assert lack(small, small.dora) is Lack.OFFER


def test_location_without_hours_is_named(small: Any) -> None:
    assert lack(small, small.chen, make_location("boston")) is Lack.HOURS


def test_service_that_no_room_serves_is_named(small: Any) -> None:
    for room in small.rooms:
        room.services.remove(small.follow_up)

    assert lack(small, small.chen) is Lack.ROOM


def test_paper_counts_only_once_it_is_verified(small: Any) -> None:
    licence = make_type(required_by=[small.follow_up])
    hand_in(licence, small.chen, by=small.mia)
    before = lack(small, small.chen)

    verified(licence, small.chen, by=small.mia)

    assert (before, lack(small, small.chen)) == (Lack.PAPERS, None)


def test_readiness_names_each_paper_once(small: Any) -> None:
    licence = make_type(required_by=[small.follow_up, small.first_visit])
    facts = catalogue()

    found = readiness_of(facts, facts.practitioners[small.chen.pk], NOW)

    assert [(place.offered, place.bookable) for place in found.places] == [(2, 0)]
    assert found.places[0].papers == (PaperLack(licence.pk, is_of_location=False),)


def test_who_can_be_booked_for_nothing_is_listed(small: Any) -> None:
    assert [person.name for person in not_yet_bookable(catalogue(), NOW)] == ["Dora Novak"]


def test_new_practitioner_leads_to_what_is_left(small: Any, office: Any) -> None:
    login = make_user("Nell Abara")
    form = {
        "name": "Nell Abara",
        "slug": "nell-abara",
        "pronouns": "",
        "user": str(login.pk),
        "headline": "",
        "profile": "",
        "languages": "",
        "lanes_wanted": "1",
        "is_active": "on",
        "_save": "Save",
        **rows_of("roster_hours", []),
        **rows_of("roster_exceptions", []),
    }

    response = office.post(add_url("clinic_practitioner"), form, follow=True)

    nell = Practitioner.objects.get(slug="nell-abara")
    assert response.redirect_chain[-1] == (change_url("clinic_practitioner", nell), 302)
    page = response.content.decode()
    assert "Offers no treatment yet" in page
    assert reverse("hours-of", args=[nell.public_id]) in page


def test_missing_and_waiting_papers_lead_to_their_pages(small: Any, office: Any) -> None:
    make_type("card", required_by=[small.follow_up])
    waits = hand_in(make_type(required_by=[small.follow_up]), small.chen, by=small.mia)

    page = office.get(change_url("clinic_practitioner", small.chen)).content.decode()

    assert "Card is missing." in page
    assert f"{reverse('papers-enter')}?holder=practitioner.chen&amp;type=card" in page
    assert "Licence waits to be verified." in page
    assert reverse("verification-paper", args=[waits.public_id]) in page


def test_new_location_says_it_has_no_room(small: Any, office: Any) -> None:
    response = office.post(
        add_url("clinic_location"), {**location_form(), "_save": "Save"}, follow=True
    )

    page = response.content.decode()
    assert "Has no room yet." in page
    assert "Nobody has hours here yet." in page


def test_front_page_names_whom_nobody_can_book(small: Any, office: Any) -> None:
    page = office.get("/admin/").content.decode()

    assert "Dora Novak can&#x27;t be booked at present." in page
    assert "Chen Li can&#x27;t be booked" not in page


@pytest.mark.parametrize(
    ("who", "words"),
    [("dora", "Dora Novak does not offer this treatment."), ("eve", "Eve Ott does not work in")],
)
def test_desk_reads_why_somebody_has_no_times(small: Any, who: str, words: str) -> None:
    eve = make_practitioner("Eve Ott", services=[small.follow_up])
    person = {"dora": small.dora, "eve": eve}[who]

    page = times_of(small, person)

    assert words in page
    assert "The dates above have room" not in page


def test_desk_reads_that_a_free_day_lies_ahead(small: Any) -> None:
    RosterHours.objects.filter(practitioner=small.chen, weekday=TODAY.isoweekday()).delete()
    RosterHours.objects.filter(practitioner=small.chen).update(starts=time(10))

    assert "The dates above have room" in times_of(small, small.chen)


def times_of(small: Any, person: Practitioner) -> str:
    """Return the desk's page of times with somebody."""
    query = {
        "location": small.location.slug,
        "service": small.follow_up.slug,
        "practitioner": str(person.public_id),
        "date": TODAY.isoformat(),
    }
    response = manager_browser(small.rosa).get(reverse("day-book"), query)
    return response.content.decode()
