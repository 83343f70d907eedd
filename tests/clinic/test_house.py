"""The navigation that each visitor gets."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import RequestFactory

from clinic.context_processors import House
from clinic.models import User


def request_of(user: User | AnonymousUser, path: str = "/") -> HttpRequest:
    request = RequestFactory().get(path)
    request.user = user
    return request


OF_THE_DESK = [
    *("day", "calendar", "clients", "to-answer", "calls", "cover", "drifting", "hours"),
    "messages",
]
OF_A_PRACTITIONER = ["day", "calendar", "clients", "drifting", "hours", "credentials"]


def names(user: User | AnonymousUser) -> list[str]:
    return [item.name for item in House(request_of(user)).nav]


def test_visitor_gets_public_pages_and_sign_in() -> None:
    assert names(AnonymousUser()) == ["services", "practitioners", "account_login"]


def test_client_gets_public_pages_and_own_visits() -> None:
    assert names(User(email="bea@example.org")) == ["services", "practitioners", "me"]


def test_reception_gets_the_desk() -> None:
    rosa = User(email="rosa@example.org", is_reception=True)

    assert names(rosa) == OF_THE_DESK


def test_manager_gets_the_desk_and_the_admin() -> None:
    mia = User(email="mia@example.org", is_manager=True)

    assert names(mia) == [*OF_THE_DESK, "verification", "admin:index"]


def test_practitioner_gets_own_clients_hours_and_papers() -> None:
    chen = User(email="chen@example.org", is_practitioner=True)

    assert names(chen) == OF_A_PRACTITIONER


def test_practitioner_who_verifies_gets_the_queue() -> None:
    dora = User(email="dora@example.org", is_practitioner=True, may_verify=True)

    assert names(dora) == [*OF_A_PRACTITIONER, "verification"]


def test_staff_are_not_asked_to_book_for_themselves() -> None:
    rosa = User(email="rosa@example.org", is_reception=True)

    assert House(request_of(rosa)).book_url == ""


def test_current_page_is_marked() -> None:
    house = House(request_of(AnonymousUser(), "/treatments/facial/"))

    assert [item.name for item in house.nav if item.is_current] == ["services"]


@pytest.mark.django_db
def test_locations_cost_one_query_and_only_when_shown(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    house = House(request_of(AnonymousUser()))

    with django_assert_num_queries(0):
        assert house.nav
    with django_assert_num_queries(1):
        assert house.locations == house.locations
