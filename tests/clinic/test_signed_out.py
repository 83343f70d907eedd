"""A session that ended while a page stood open: what was tapped is not done, and says so."""

import pytest
from django.test import Client as Browser

from tests.factories.clinic import make_location, make_user
from tests.support.desk import words

pytestmark = pytest.mark.django_db

SEEN = "http://testserver/day/?date=2027-06-08"
VISIT = "/day/visits/00000000-0000-4000-8000-000000000001/start/"


@pytest.fixture
def visitor():
    make_location()
    return Browser()


def test_tap_of_somebody_signed_out_comes_back_to_the_page_with_the_button(visitor):
    answer = visitor.post(VISIT, headers={"Referer": SEEN})
    page = visitor.get(answer["Location"])

    assert answer["Location"] == "/accounts/login/?next=/day/%3Fdate%3D2027-06-08"
    assert "You were signed out: what you did last was not done." in words(page)


def test_tap_from_nowhere_leads_to_sign_in_alone(visitor):
    assert visitor.post(VISIT)["Location"] == "/accounts/login/"
    assert (
        visitor.post(VISIT, headers={"Referer": "https://elsewhere.example/"})["Location"]
        == "/accounts/login/?next=/"
    )


@pytest.mark.parametrize(
    ("method", "path", "status"), [("get", "/day/alarms/", 200), ("post", VISIT, 409)]
)
def test_page_that_fetches_a_part_is_led_to_sign_in_whole(visitor, method, path, status):
    answer = getattr(visitor, method)(path, headers={"HX-Request": "true", "HX-Current-URL": SEEN})

    assert (answer.status_code, answer.content) == (status, b"")
    assert answer["HX-Redirect"] == "/accounts/login/?next=/day/%3Fdate%3D2027-06-08"


def test_signed_in_person_is_not_sent_away(visitor):
    visitor.force_login(make_user("Rosa Reed", is_reception=True))

    assert visitor.get("/day/alarms/", headers={"HX-Request": "true"}).status_code == 204
