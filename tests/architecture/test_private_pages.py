"""What is made for one person ends with their session; `test_access` asks each page the rest."""

import pytest
from django.urls import reverse

from tests.architecture.test_access import house

pytestmark = pytest.mark.django_db

__all__ = ["house"]


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
