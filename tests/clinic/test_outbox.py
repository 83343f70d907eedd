"""Writing messages: by which channel, once, and taken back when a change overtakes them."""

from datetime import timedelta

import pytest

from clinic.messaging.outbox import (
    About,
    ToClient,
    after_grace,
    call,
    settle_calls,
    supersede,
    tell_clients,
)
from clinic.messaging.rules import DEFAULTS, rules
from clinic.models import (
    CallEntry,
    Consent,
    DeadAddress,
    Message,
    MessageRule,
    Purpose,
)
from clinic.selectors.reach import reach_of
from tests.factories.clinic import NOW, make_small_clinic

pytestmark = pytest.mark.django_db

EMAIL, SMS = Message.Channel.EMAIL, Message.Channel.SMS


@pytest.fixture
def clinic():
    return make_small_clinic()


def wish(clinic, client=None, *, version=0, **changes):
    return ToClient(
        kind="visit_booked",
        client=client or clinic.alice,
        about=About("visit", 7, version),
        location_id=clinic.location.pk,
        due_at=after_grace(NOW),
        **changes,
    )


def consent(client, purpose, channel, given=True):
    Consent.objects.create(
        client=client,
        purpose=purpose,
        channel=channel,
        given=given,
        source=Consent.Source.PREFERENCES,
        at=NOW,
    )


def give_phone(client, number="+12125550107"):
    client.phone = number
    client.save()


def reach(client):
    client.refresh_from_db()
    return reach_of([client])[client.pk]


def test_email_needs_no_row_for_visits_but_one_for_recalls(clinic) -> None:
    give_phone(clinic.alice)

    assert reach(clinic.alice).channels(Purpose.SERVICE) == (EMAIL,)
    assert reach(clinic.alice).channels(Purpose.RECALL) == ()


def test_newest_choice_counts(clinic) -> None:
    give_phone(clinic.alice)
    consent(clinic.alice, Purpose.SERVICE, SMS)
    consent(clinic.alice, Purpose.SERVICE, EMAIL, given=False)

    assert reach(clinic.alice).channels(Purpose.SERVICE) == (SMS,)

    consent(clinic.alice, Purpose.SERVICE, SMS, given=False)

    assert reach(clinic.alice).channels(Purpose.SERVICE) == ()


def test_nothing_leads_to_a_dead_address_until_it_is_cleared(clinic) -> None:
    address = clinic.alice.email.lower()
    row = DeadAddress.objects.create(channel=EMAIL, address=address, reason="full", at=NOW)

    assert reach(clinic.alice).channels(Purpose.SERVICE) == ()
    assert reach(clinic.alice).dead == {EMAIL}

    row.cleared_at = NOW
    row.save()

    assert reach(clinic.alice).channels(Purpose.SERVICE) == (EMAIL,)


def test_texts_lead_nowhere_without_a_provider(clinic, settings) -> None:
    settings.SMS = {"provider": ""}
    give_phone(clinic.alice)
    consent(clinic.alice, Purpose.SERVICE, SMS)
    consent(clinic.alice, Purpose.SERVICE, EMAIL, given=False)

    assert reach(clinic.alice).channels(Purpose.SERVICE) == ()
    assert tell_clients([wish(clinic)], NOW) == [wish(clinic)]


def test_reach_of_many_takes_one_query(clinic, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        reach_of([clinic.alice])
    with django_assert_num_queries(1):
        reach_of([clinic.alice, clinic.bea])
    with django_assert_num_queries(0):
        reach_of([])


def test_message_written_twice_is_one_row(clinic) -> None:
    tell_clients([wish(clinic)], NOW)
    tell_clients([wish(clinic)], NOW + timedelta(minutes=1))

    message = Message.objects.get()
    assert (message.channel, message.due_at) == (EMAIL, after_grace(NOW))


def test_urgent_message_goes_by_every_channel_that_is_allowed(clinic) -> None:
    give_phone(clinic.alice)
    consent(clinic.alice, Purpose.SERVICE, SMS)

    tell_clients([wish(clinic, everywhere=True)], NOW)

    assert set(Message.objects.values_list("channel", flat=True)) == {EMAIL, SMS}


def test_client_without_an_address_is_handed_back(clinic) -> None:
    clinic.bea.email = ""
    clinic.bea.save()

    unreached = tell_clients([wish(clinic), wish(clinic, clinic.bea, version=1)], NOW)

    assert [item.client for item in unreached] == [clinic.bea]
    assert Message.objects.get().client == clinic.alice


def test_superseding_drops_what_waits_and_leaves_what_is_under_way(clinic) -> None:
    tell_clients([wish(clinic), wish(clinic, version=1)], NOW)
    Message.objects.filter(about_version=1).update(
        state="claimed", lease_until=NOW, claim="00000000-0000-4000-8000-000000000000"
    )

    dropped = supersede(about="visit", ids=[7], kinds=["visit_booked"], reason="moved again")

    assert [row.about_version for row in dropped] == [0]
    states = dict(Message.objects.values_list("about_version", "state"))
    assert states == {0: "dropped", 1: "claimed"}


def test_call_is_listed_once_and_settled_when_the_visit_changed_again(clinic) -> None:
    for _ in range(2):
        call(
            [wish(clinic), wish(clinic, version=1)],
            reason=CallEntry.Reason.NO_ADDRESS,
            call_by=None,
            now=NOW,
        )

    settle_calls(about="visit", ids=[7], but_version=1, now=NOW, note="moved again")

    assert CallEntry.objects.count() == 2
    assert CallEntry.objects.get(settled_at=None).about_version == 1


def test_rules_stand_there_and_follow_the_manager(clinic) -> None:
    assert MessageRule.objects.count() == len(DEFAULTS)
    assert rules("visit-early") == {"visit-early": timedelta(days=-3)}

    MessageRule.objects.filter(name="visit-early").update(minutes=-60)
    MessageRule.objects.filter(name="visit-last").update(is_active=False)

    assert rules("visit-early", "visit-last") == {"visit-early": timedelta(hours=-1)}
