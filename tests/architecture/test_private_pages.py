"""What is made for one person is stored nowhere on the way, and nothing follows it out."""

import pytest
from django.urls import reverse

from tests.architecture.test_access import TABLE, house, path_of

pytestmark = pytest.mark.django_db

__all__ = ["house"]


@pytest.mark.parametrize("person", ["alice", "chen", "mia"])
def test_page_of_somebody_signed_in_is_never_stored(person, house):
    clinic, visit, hold, browsers = house

    stored = []
    for name in TABLE:
        answer = browsers[person].get(path_of(name, clinic, visit, hold))
        if "no-store" not in answer.get("Cache-Control", ""):
            stored.append(name)

    assert stored == []


def test_every_page_keeps_its_address_and_its_scripts_to_itself(house):
    clinic, visit, hold, browsers = house

    for name in TABLE:
        answer = browsers["alice"].get(path_of(name, clinic, visit, hold))
        policy = answer["Content-Security-Policy"]
        assert answer["Referrer-Policy"] == "same-origin", name
        assert "unsafe-inline" not in policy.replace("style-src 'unsafe-inline'", ""), name
        assert "frame-ancestors 'none'" in policy, name


def test_nothing_of_a_person_is_left_after_signing_out(house):
    _clinic, _visit, _hold, browsers = house
    alice = browsers["alice"]
    alice.post(
        f"{reverse('book-times')}?service=follow-up&location=new-york",
        {"time": "2027-06-09T13:00:00Z"},
    )
    assert alice.session["booking"]["holds"]

    alice.post(reverse("account_logout"))

    assert set(alice.session.keys()) <= {"_messages"}
    assert alice.get(reverse("me")).status_code == 302
