"""Whoever lost a role, or the login, is a stranger from the next request on."""

import pytest
from django.test import Client as Browser

from clinic.services.feeds import feed_url, renew_feed
from clinic.services.tokens import issue_token
from tests.architecture.test_access import TABLE, house, path_of
from tests.factories.clinic import NOW
from treatments.models import Course

pytestmark = pytest.mark.django_db

__all__ = ["house"]


@pytest.fixture
def former(house):
    clinic, _visit, _hold, browsers = house
    clinic.chen.user.is_practitioner = False
    clinic.chen.user.save(update_fields=["is_practitioner"])
    return browsers["chen"]


def api(person, path: str) -> Browser:
    token = issue_token(user=person.user, now=NOW)
    return Browser().get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})


def test_former_practitioner_sees_pages_as_a_stranger(house, former):
    clinic, visit, hold, browsers = house

    differing = {}
    for name in TABLE:
        path = path_of(name, clinic, visit, hold)
        seen = former.get(path).status_code
        if name != "my-feed" and seen != browsers["bea"].get(path).status_code:
            differing[name] = seen

    assert differing == {}


def test_former_practitioner_reads_no_visits_and_courses_of_clients(house, former):
    clinic, visit, _hold, _browsers = house
    course = Course.objects.get()

    listed = api(clinic.chen, "appointments").json()["appointments"]
    one = api(clinic.chen, f"appointments/{visit.public_id}")
    of_course = api(clinic.chen, f"courses/{course.public_id}")

    assert (listed, one.status_code, of_course.status_code) == ([], 404, 404)


def test_calendar_of_a_former_practitioner_is_gone(house):
    clinic, _visit, _hold, _browsers = house
    path = feed_url(renew_feed(owner=clinic.chen, by=clinic.chen.user, now=NOW))
    path = path.removeprefix("http://testserver")
    before = Browser().get(path).status_code

    clinic.chen.user.is_practitioner = False
    clinic.chen.user.save(update_fields=["is_practitioner"])

    assert (before, Browser().get(path).status_code) == (200, 404)


@pytest.mark.parametrize("name", ["alice", "chen", "rosa", "mia"])
def test_closed_login_is_signed_out_everywhere(name, house):
    clinic, visit, hold, browsers = house
    user = getattr(clinic, name)
    user = getattr(user, "user", user)
    token = issue_token(user=user, now=NOW)
    user.is_active = False
    user.save(update_fields=["is_active"])

    differing = {}
    for page in TABLE:
        path = path_of(page, clinic, visit, hold)
        seen = browsers[name].get(path).status_code
        if seen != browsers["nobody"].get(path).status_code:
            differing[page] = seen
    header = {"Authorization": f"Bearer {token}"}

    assert differing == {}
    assert Browser().get("/api/v1/appointments", headers=header).status_code == 401
