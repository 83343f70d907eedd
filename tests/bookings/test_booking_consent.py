"""Consent while booking: two boxes of their own, unticked, and only a tick says anything."""

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse

from clinic.models import Client, Consent
from tests.factories.clinic import NOW, at, make_small_clinic
from tests.support.walking import DETAILS, hold_time, sent_code, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def stopped_clock():
    cache.clear()
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def visitor() -> Browser:
    return Browser()


def details_url(visitor, clinic):
    hold = hold_time(visitor, clinic, at(NOW.date(), 14))
    return reverse("hold-details", args=[hold.public_id])


def book(visitor, clinic, **ticks):
    page = details_url(visitor, clinic)
    visitor.post(page, {**DETAILS, **ticks})
    visitor.post(page.replace("details", "code"), {"code": sent_code()})


def said():
    return set(Consent.objects.values_list("purpose", "channel", "given", "source"))


def test_boxes_are_there_and_unticked(clinic, visitor):
    page = visitor.get(details_url(visitor, clinic)).content.decode()

    assert 'name="texts"' in page
    assert 'name="recall"' in page
    assert "checked" not in page


def test_texts_are_offered_only_where_they_can_be_sent(clinic, visitor, settings):
    settings.SMS = {"provider": ""}

    page = visitor.get(details_url(visitor, clinic)).content.decode()

    assert 'name="texts"' not in page
    assert 'name="recall"' in page


def test_no_tick_says_nothing(clinic, visitor):
    book(visitor, clinic)

    assert Client.objects.filter(name="Ella Ember").exists()
    assert said() == set()


@pytest.mark.parametrize(
    ("ticks", "kept"),
    [
        ({"texts": "on"}, {("service", "sms", True, "booking")}),
        ({"recall": "on"}, {("recall", "email", True, "booking")}),
    ],
)
def test_each_box_is_consent_of_its_own(ticks, kept, clinic, visitor):
    book(visitor, clinic, **ticks)

    assert said() == kept
    assert Consent.objects.get().by.email == "ella@example.com"


def test_nothing_is_kept_before_the_code_proves_who_it_is(clinic, visitor):
    visitor.post(details_url(visitor, clinic), {**DETAILS, "texts": "on", "recall": "on"})

    assert said() == set()


def test_ticks_stay_when_another_answer_is_wrong(clinic, visitor):
    answer = visitor.post(details_url(visitor, clinic), {**DETAILS, "phone": "12", "texts": "on"})

    assert answer.status_code == 422
    box = answer.content.decode().split('name="texts"')[1].split(">")[0]
    assert "checked" in box


def test_client_is_not_asked_again_but_has_a_page(clinic, visitor):
    visitor.force_login(clinic.alice.user)

    page = visitor.get(details_url(visitor, clinic) + "?change=1")

    assert 'name="texts"' not in page.content.decode()
    assert "Continue" in text_of(page)
