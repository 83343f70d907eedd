"""What clients allow: kept as history, by the client, the desk, a link, a word or a provider."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.messaging.links import Act, stop_headers, stop_url, write
from clinic.models import Client, Consent, DeadAddress, Message, Purpose
from clinic.refusals import NotAllowed
from clinic.selectors.reach import reach_of
from clinic.services.consent import clear_address, record_choices, stop_address
from tests.factories.clinic import NOW, make_client, make_small_clinic
from tests.support.walking import text_of

pytestmark = pytest.mark.django_db

EMAIL, SMS = Message.Channel.EMAIL, Message.Channel.SMS
SERVICE, RECALL = Purpose.SERVICE, Purpose.RECALL
PHONE = "+12125550107"
YEAR = timedelta(days=365)


@pytest.fixture(autouse=True)
def stopped_clock() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def clinic():
    clinic = make_small_clinic()
    clinic.alice.phone = PHONE
    clinic.alice.save()
    return clinic


@pytest.fixture
def visitor() -> Browser:
    return Browser()


def allowed(client):
    return set(reach_of([client])[client.pk].given)


def rows(client):
    found = Consent.objects.filter(client=client).order_by("pk")
    return [(row.purpose, row.channel, row.given, row.source, row.by) for row in found]


def choose(clinic, by=None):
    wanted = {(SERVICE, SMS): True, (RECALL, EMAIL): True}
    return record_choices(
        client=clinic.alice,
        wanted=wanted,
        source=Consent.Source.PREFERENCES,
        by=by or clinic.alice.user,
        now=NOW,
    )


# The services


def test_each_choice_that_changes_is_one_row(clinic):
    choose(clinic)

    assert rows(clinic.alice) == [
        ("service", "sms", True, "preferences", clinic.alice.user),
        ("recall", "email", True, "preferences", clinic.alice.user),
    ]


def test_saying_the_same_again_writes_nothing(clinic):
    choose(clinic)

    assert choose(clinic) == []


def test_what_counts_without_a_row_needs_none_to_be_kept(clinic):
    written = record_choices(
        client=clinic.alice,
        wanted={(SERVICE, EMAIL): True, (RECALL, SMS): False},
        source=Consent.Source.DESK,
        by=clinic.rosa,
        now=NOW,
    )

    assert written == []


@pytest.mark.parametrize("who", ["bea", "chen"])
def test_nobody_chooses_for_another_client(who, clinic):
    stranger = getattr(clinic, who).user

    with pytest.raises(NotAllowed):
        choose(clinic, by=stranger)

    assert rows(clinic.alice) == []


def test_number_is_stopped_for_everybody_who_has_it(clinic):
    choose(clinic)
    other = make_client("Fay Fir", login=False)
    Client.objects.filter(pk=other.pk).update(phone=PHONE)
    other.refresh_from_db()

    changed = stop_address(channel=SMS, address=PHONE, source=Consent.Source.WORD, now=NOW)

    assert changed
    assert allowed(clinic.alice) == {(SERVICE, EMAIL), (RECALL, EMAIL)}
    assert allowed(other) == {(SERVICE, EMAIL)}
    assert not stop_address(channel=SMS, address=PHONE, source=Consent.Source.WORD, now=NOW)


def test_only_the_desk_says_that_an_address_works_again(clinic):
    DeadAddress.objects.create(channel=SMS, address=PHONE, reason="x", at=NOW)

    with pytest.raises(NotAllowed):
        clear_address(channel=SMS, address=PHONE, by=clinic.alice.user, now=NOW)
    assert clear_address(channel=SMS, address=PHONE, by=clinic.rosa, now=NOW)
    assert not clear_address(channel=SMS, address=PHONE, by=clinic.rosa, now=NOW)

    row = DeadAddress.objects.get()
    assert (row.cleared_at, row.cleared_by) == (NOW, clinic.rosa)


# The pages


def test_client_sees_what_counts_now_and_changes_it(clinic, visitor):
    visitor.force_login(clinic.alice.user)
    page = visitor.get(reverse("my-messages")).content.decode()
    assert page.count("checked") == 1

    answer = visitor.post(
        reverse("my-messages"), {"service_sms": "on", "recall_email": "on"}, follow=True
    )

    assert allowed(clinic.alice) == {(SERVICE, SMS), (RECALL, EMAIL)}
    words = text_of(answer)
    assert "Saved." in words
    assert "(212) 555-0107" in words
    assert "alice@example.com" in words
    assert "No: Visits: confirmations, changes and reminders, by e-mail" in words
    assert "Yes: Maintenance: when the next visit would be due, by e-mail" in words


def test_texts_are_not_asked_for_without_a_provider_and_stay_as_said(clinic, visitor, settings):
    choose(clinic)
    settings.SMS = {"provider": ""}
    visitor.force_login(clinic.alice.user)

    page = visitor.get(reverse("my-messages")).content.decode()
    visitor.post(reverse("my-messages"), {"service_email": "on"})

    assert "_sms" not in page
    assert "Text messages" not in page
    assert allowed(clinic.alice) == {(SERVICE, EMAIL), (SERVICE, SMS)}


def test_login_without_a_record_has_nothing_to_choose(clinic, visitor):
    visitor.force_login(clinic.mia)

    assert "Nothing to choose yet" in text_of(visitor.get(reverse("my-messages")))
    assert visitor.post(reverse("my-messages"), {"service_sms": "on"}).status_code == 200
    assert not Consent.objects.exists()


def test_desk_keeps_what_the_client_says_with_its_own_name(clinic, visitor):
    visitor.force_login(clinic.rosa)
    page = reverse("client-messages", args=[clinic.alice.public_id])

    answer = visitor.post(page, {"service_email": "on", "service_sms": "on"}, follow=True)

    assert rows(clinic.alice) == [("service", "sms", True, "desk", clinic.rosa)]
    assert "Told to reception" in text_of(answer)


@pytest.mark.parametrize("who", ["alice", "bea", "chen"])
def test_others_find_no_page_of_the_desk(who, clinic, visitor):
    visitor.force_login(getattr(clinic, who).user)
    page = reverse("client-messages", args=[clinic.alice.public_id])
    works = reverse("client-address-works", args=[clinic.alice.public_id])

    assert visitor.get(page).status_code == 404
    assert visitor.post(page, {"service_sms": "on"}).status_code == 404
    assert visitor.post(works, {"channel": "sms", "address": PHONE}).status_code == 404
    assert not Consent.objects.exists()


def test_desk_sees_a_dead_address_and_clears_it(clinic, visitor):
    DeadAddress.objects.create(channel=SMS, address=PHONE, reason="Unknown number", at=NOW)
    visitor.force_login(clinic.rosa)
    page = reverse("client-messages", args=[clinic.alice.public_id])
    works = reverse("client-address-works", args=[clinic.alice.public_id])
    assert "Unknown number" in text_of(visitor.get(page))

    strange = visitor.post(works, {"channel": "sms", "address": "+12125550199"})
    visitor.post(works, {"channel": "sms", "address": PHONE})

    assert strange.status_code == 404
    assert DeadAddress.objects.filter(cleared_at=None).count() == 0


@pytest.mark.parametrize("past", [1, 3])
def test_page_takes_a_fixed_number_of_queries(past, clinic, visitor):
    for number in range(past):
        Consent.objects.create(
            client=clinic.alice,
            purpose=SERVICE,
            channel=SMS,
            given=number % 2 == 0,
            source=Consent.Source.DESK,
            by=clinic.rosa,
            at=NOW,
        )
    visitor.force_login(clinic.alice.user)
    visitor.get(reverse("my-messages"))

    with CaptureQueriesContext(connection) as caught:
        visitor.get(reverse("my-messages"))

    assert len(caught) == 7


# Stop links


def stop_path(clinic, purpose=RECALL, channel=EMAIL):
    url = stop_url(clinic.alice.pk, purpose, channel, NOW + YEAR)
    return url.removeprefix("http://testserver")


def at_once_path(clinic):
    url = dict(stop_headers(clinic.alice.pk, NOW + YEAR))["List-Unsubscribe"]
    return url.strip("<>").removeprefix("http://testserver")


def test_looking_at_a_stop_link_stops_nothing(clinic, visitor):
    choose(clinic)
    before = rows(clinic.alice)

    for _ in range(5):
        for path in (stop_path(clinic), at_once_path(clinic)):
            assert visitor.get(path).status_code in (200, 302)
            assert visitor.head(path).status_code in (200, 302)

    assert rows(clinic.alice) == before


def test_stop_link_stops_one_purpose_by_one_channel(clinic, visitor):
    choose(clinic)

    answer = visitor.post(stop_path(clinic))
    again = visitor.post(stop_path(clinic))

    assert (answer.status_code, again.status_code) == (200, 409)
    assert allowed(clinic.alice) == {(SERVICE, EMAIL), (SERVICE, SMS)}
    assert rows(clinic.alice)[-1] == ("recall", "email", False, "link", None)
    assert len(rows(clinic.alice)) == 3
    assert "Alice" not in text_of(again)


def test_mail_program_stops_at_once_without_a_cookie(clinic):
    choose(clinic)
    program = Browser(enforce_csrf_checks=True)

    answers = [
        program.post(at_once_path(clinic), {"List-Unsubscribe": "One-Click"}) for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert allowed(clinic.alice) == {(SERVICE, EMAIL), (SERVICE, SMS)}
    assert len(rows(clinic.alice)) == 3


def test_spoilt_link_of_a_mail_program_stops_nothing(clinic, visitor):
    choose(clinic)
    path = at_once_path(clinic)
    spoilt = path[:4] + ("A" if path[4] != "A" else "B") + path[5:]
    old = dict(stop_headers(clinic.alice.pk, NOW - timedelta(days=1)))["List-Unsubscribe"]
    before = rows(clinic.alice)

    assert visitor.post(spoilt).status_code == 404
    assert visitor.post(old.strip("<>").removeprefix("http://testserver")).status_code == 410
    assert rows(clinic.alice) == before


def test_other_links_stop_nothing_at_once(clinic, visitor):
    choose(clinic)
    token = write(Act.PROMISE, clinic.alice.pk, 2, NOW + YEAR)

    assert visitor.post(reverse("link-stop-at-once", args=[token])).status_code == 404
    assert (RECALL, EMAIL) in allowed(clinic.alice)


def test_guessing_is_limited_and_a_good_link_is_not(clinic, settings):
    choose(clinic)
    settings.PAGE_LIMITS = {"link": 2}
    path, program = at_once_path(clinic), Browser()

    codes = [program.post("/v/AAAA/at-once/").status_code for _ in range(3)]

    assert codes == [404, 404, 429]
    assert program.post(path).status_code == 200


def test_stop_link_of_a_merged_record_stops_for_the_one_that_goes_on(clinic, visitor):
    choose(clinic)
    old = make_client("Alice Ash", login=False)
    old.merged_into = clinic.alice
    old.save()
    url = stop_url(old.pk, RECALL, EMAIL, NOW + YEAR)

    visitor.post(url.removeprefix("http://testserver"))

    assert (RECALL, EMAIL) not in allowed(clinic.alice)
