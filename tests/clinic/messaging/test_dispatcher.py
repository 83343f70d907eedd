"""Sending what is due: asked again, handed over, and written down with what became of it."""

import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection

from clinic.messaging import dispatcher
from clinic.messaging.asking import ask
from clinic.messaging.claiming import claim, record
from clinic.messaging.delivery import Accepted, Refused, TryAgain
from clinic.messaging.dispatcher import send_due
from clinic.messaging.outcomes import failed
from clinic.messaging.registry import Dropped, Later, Mail, Skipped
from clinic.models import CallEntry, Client, Consent, DeadAddress, Heartbeat, Message
from clinic.selectors.outbox import outbox_health
from tests.factories.clinic import NOW, TODAY, at, make_small_clinic
from tests.support.messages import NOTE, FakeProvider, NoteKind, make_message, registered

pytestmark = pytest.mark.django_db

EMAIL, SMS = Message.Channel.EMAIL, Message.Channel.SMS
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def clear_pauses():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def kind():
    kind = NoteKind()
    with registered(kind):
        yield kind


@pytest.fixture
def provider(kind):
    return FakeProvider()


def send(provider, now=NOW, **options):
    return send_due(clock=lambda: now, makers={EMAIL: provider.make, SMS: provider.make}, **options)


def note(clinic, **fields):
    return make_message(clinic.alice, clinic.location, NOW, **fields)


def found(message):
    message.refresh_from_db()
    return message


def agree_to_texts(clinic):
    Consent.objects.create(
        client=clinic.alice, purpose="service", channel=SMS, given=True, source="desk", at=NOW
    )


def test_due_message_is_sent_and_written_down(clinic, provider):
    message = note(clinic)

    assert send(provider) == {"sent": 1}

    row = found(message)
    assert (row.state, row.sent_at, row.address) == ("sent", NOW, "alice@example.com")
    assert (row.subject, row.provider_id, row.tries) == ("Note 1", f"p{message.pk}", 1)
    assert (row.claim, row.lease_until) == (None, None)


def test_message_of_later_waits(clinic, provider):
    message = note(clinic, due_at=NOW + timedelta(seconds=1))

    assert send(provider) == {}
    assert found(message).state == "due"


def test_second_run_sends_nothing_again(clinic, provider):
    note(clinic)

    send(provider)
    send(provider, LATER)

    assert provider.numbers == [1]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Dropped("cancelled"), ("dropped", "cancelled", NOW)),
        (Skipped("over"), ("skipped", "over", NOW)),
        (Later(LATER), ("due", "", LATER)),
    ],
)
def test_what_its_kind_does_not_want_is_not_sent(clinic, kind, provider, answer, expected):
    kind.answers[1] = answer
    message = note(clinic)

    send(provider)

    row = found(message)
    assert (row.state, row.reason, row.due_at) == expected
    assert (provider.letters, row.tries) == ([], 0)


def test_message_claimed_while_its_client_is_merged_is_asked_anew(clinic, kind):
    message = note(clinic)
    claimed = claim(EMAIL, NOW)
    Message.objects.update(client=clinic.bea)
    Client.objects.filter(pk=clinic.alice.pk).update(merged_into=clinic.bea, user=None)
    kind.answers[1] = Dropped("not theirs")

    record(ask(claimed, NOW, knows_keys=False)[1])

    row = found(message)
    assert (row.state, row.client, row.tries) == ("due", clinic.bea, 0)


def test_unknown_kind_fails_for_staff_to_see(clinic, provider):
    message = note(clinic, kind="of_another_release")

    send(provider)

    assert found(message).state == "failed"
    assert found(message).last_error == "No such kind of message in this release"


@pytest.mark.logs_errors
def test_kind_that_raises_holds_up_its_own_rows_only(clinic, kind, provider):
    class Broken(NoteKind):
        def wanted(self, messages, now):
            raise ZeroDivisionError

    broken = note(clinic, kind="broken")
    fine = note(clinic, about_id=2)

    with registered(Broken(name="broken")):
        send(provider)

    assert (found(fine).state, found(broken).state) == ("sent", "due")
    assert found(broken).last_error == "It could not be decided whether it is wanted"
    assert found(broken).due_at > NOW


@pytest.mark.logs_errors
def test_message_that_cannot_be_written_holds_up_no_other(clinic, kind, provider):
    class Broken(NoteKind):
        def render(self, message, about):
            if about == 1:
                raise KeyError("first_name")
            return super().render(message, about)

    broken, fine = note(clinic, kind="broken"), note(clinic, kind="broken", about_id=2)

    with registered(Broken(name="broken")):
        send(provider)

    assert (found(fine).state, found(broken).state) == ("sent", "due")
    assert found(broken).last_error == "It could not be written"


def test_consent_withdrawn_after_writing_counts(clinic, provider):
    message = note(clinic)
    Consent.objects.create(
        client=clinic.alice, purpose="service", channel=EMAIL, given=False, source="link", at=NOW
    )

    send(provider)

    assert (found(message).state, provider.letters) == ("skipped", [])
    assert found(message).reason == "The client does not want it this way"


def test_address_is_read_again_when_it_is_sent(clinic, provider):
    note(clinic)
    Client.objects.filter(pk=clinic.alice.pk).update(email="New@Example.com")

    send(provider)

    assert [letter.address for letter in provider.letters] == ["new@example.com"]


def test_nothing_goes_to_a_dead_address(clinic, provider):
    message = note(clinic)
    DeadAddress.objects.create(channel=EMAIL, address="alice@example.com", reason="full", at=NOW)

    send(provider)

    assert (found(message).state, found(message).reason, provider.letters) == (
        "skipped",
        "The address gave messages back",
        [],
    )


@pytest.mark.parametrize(
    ("details", "answer", "called"),
    [
        ({"by_client": False}, None, ["no_address"]),
        ({"by_client": True}, None, []),
        ({"until": "later"}, None, []),
        ({"by_client": False}, Dropped("changed again"), []),
    ],
)
def test_change_by_the_clinic_that_reaches_nobody_any_more_is_called_about(
    details, answer, called, clinic, kind, provider
):
    kind.answers |= {1: answer} if answer else {}
    message = note(clinic, details=details)
    Client.objects.filter(pk=clinic.alice.pk).update(email="")

    send(provider)

    assert found(message).state == "skipped"
    assert list(CallEntry.objects.values_list("reason", flat=True)) == called


def test_change_that_is_on_the_call_list_already_is_called_about_once(clinic, provider):
    message = note(clinic, details={"by_client": False})
    CallEntry.objects.create(
        dedupe_key="x",
        client=clinic.alice,
        location=clinic.location,
        reason="changed_soon",
        about=message.about,
        about_id=message.about_id,
        created_at=NOW,
    )
    Client.objects.filter(pk=clinic.alice.pk).update(email="")

    send(provider)

    assert CallEntry.objects.count() == 1


def test_client_without_the_address_any_more_is_skipped(clinic, provider):
    message = note(clinic)
    Client.objects.filter(pk=clinic.alice.pk).update(email="")

    send(provider)

    assert found(message).reason == "There is no address any more"


def test_reminder_in_quiet_hours_waits_for_the_morning(clinic, kind, provider):
    kind.keeps_quiet = True
    message = note(clinic)

    send(provider, at(TODAY, 8, 59))

    assert (found(message).state, found(message).due_at) == ("due", at(TODAY, 9))
    send(provider, at(TODAY, 9))
    assert found(message).state == "sent"


def test_message_to_a_login_goes_to_its_address(clinic, kind, provider):
    kind.purpose = None
    message = Message.objects.create(
        dedupe_key="x", kind=NOTE, user=clinic.mia, about="note", about_id=1, due_at=NOW,
        created_at=NOW,
    )  # fmt: skip

    send(provider)

    assert found(message).address == "mia@example.com"


def test_message_to_a_closed_login_is_skipped(clinic, kind, provider):
    clinic.mia.is_active = False
    clinic.mia.save()
    message = Message.objects.create(
        dedupe_key="x", kind=NOTE, user=clinic.mia, about="note", about_id=1, due_at=NOW,
        created_at=NOW,
    )  # fmt: skip

    send(provider)

    assert (found(message).state, found(message).reason) == ("skipped", "The login is closed")


def test_delays_grow_until_the_message_fails_for_staff_to_see(clinic, kind):
    provider = FakeProvider(lambda letter: TryAgain("HTTP 500"))
    message = note(clinic)
    now, waits = NOW, []

    while found(message).state == "due":
        send(provider, now)
        waits.append((found(message).due_at - now) / timedelta(minutes=1))
        now = max(now, message.due_at) + timedelta(seconds=1)

    assert (message.state, message.last_error, message.tries) == ("failed", "HTTP 500", 6)
    expected = [1, 5, 15, 60, 240]
    assert all(0.79 * e <= w <= 1.21 * e for w, e in zip(waits[:5], expected, strict=True)), waits
    assert len(provider.letters) == 6


def test_longer_wait_that_a_provider_asks_for_is_kept(clinic, kind):
    provider = FakeProvider(lambda letter: TryAgain("HTTP 429", after=timedelta(minutes=7)))
    message = note(clinic)

    send(provider)

    assert found(message).due_at == NOW + timedelta(minutes=7)


def test_too_many_pauses_the_channel_for_everybody(clinic, kind):
    provider = FakeProvider(lambda letter: TryAgain("HTTP 429", after=timedelta(minutes=7)))
    for number in range(50):
        note(clinic, about_id=number)
    agree_to_texts(clinic)
    text = note(clinic, about_id=99, channel=SMS)
    texts = FakeProvider()

    for now in (NOW, NOW + timedelta(minutes=6)):
        send_due(clock=lambda now=now: now, makers={EMAIL: provider.make, SMS: texts.make})

    assert len(provider.letters) <= 8
    assert found(text).state == "sent"
    assert Message.objects.filter(state="due", channel=EMAIL).count() == 50

    send(FakeProvider(), NOW + timedelta(minutes=20))
    assert Message.objects.filter(state="due").count() == 0


def test_pause_does_not_hide_how_long_messages_have_been_due(clinic, kind):
    for number in range(50):
        note(clinic, about_id=number)

    send(FakeProvider(lambda letter: TryAgain("HTTP 500")), NOW)

    assert outbox_health(LATER).oldest_due_at == NOW


def test_provider_that_takes_nothing_is_left_alone_without_the_cache_too(clinic, kind, monkeypatch):
    monkeypatch.setattr("clinic.messaging.lanes.cache.get", lambda key: None)
    provider = FakeProvider(lambda letter: TryAgain("HTTP 500"))
    for number in range(300):
        note(clinic, about_id=number)

    send(provider)

    assert len(provider.letters) <= 16


def test_provider_that_takes_nothing_is_asked_a_few_times_a_minute(clinic, kind):
    provider = FakeProvider(lambda letter: TryAgain("HTTP 500"))
    for number in range(300):
        note(clinic, about_id=number)

    for second in range(60):
        send(provider, NOW + timedelta(seconds=second))

    assert len(provider.letters) <= 16


def test_refused_address_is_dead_and_reception_calls(clinic, kind):
    provider = FakeProvider(lambda letter: Refused("SMTP 550", is_dead=True))
    message = note(clinic)

    send(provider)

    assert (found(message).state, found(message).last_error) == ("failed", "SMTP 550")
    dead = DeadAddress.objects.get()
    assert (dead.channel, dead.address, dead.reason) == (EMAIL, "alice@example.com", "SMTP 550")
    entry = CallEntry.objects.get()
    assert (entry.client, entry.reason, entry.about_id) == (clinic.alice, "undelivered", 1)


def test_refused_text_leaves_the_address_alone(clinic, kind):
    provider = FakeProvider(lambda letter: Refused("HTTP 422"))
    message = note(clinic)

    send(provider)

    assert (found(message).state, DeadAddress.objects.count()) == ("failed", 0)


def test_one_slow_message_holds_up_no_other(clinic, kind):
    slow = threading.Event()

    def answer(letter):
        if letter.message.about_id == 0:
            slow.wait(10)
        elif letter.message.about_id == 199:
            slow.set()
        return Accepted("x")

    for number in range(200):
        note(clinic, about_id=number)
    provider = FakeProvider(answer)

    began = time.monotonic()
    assert send(provider) == {"sent": 200}

    assert slow.is_set()
    assert time.monotonic() - began < 9


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failures", [1, 3])
def test_database_that_is_away_for_moments_after_sending_costs_no_second_mail(
    failures, clinic, provider, monkeypatch
):
    message = note(clinic)
    left = [OperationalError("gone") for _failure in range(failures)]

    def flaky(outcomes):
        if outcomes and left:
            raise left.pop()
        return record(outcomes)

    monkeypatch.setattr(dispatcher, "record", flaky)
    monkeypatch.setattr(dispatcher, "LOOK_SECONDS", 0.01)

    with pytest.raises(OperationalError):
        send(provider)
    send(provider, LATER)

    assert found(message).state == "sent"
    assert provider.numbers == [1]


def test_no_more_than_a_few_are_under_way_unrecorded(clinic, kind, settings, monkeypatch):
    settings.MESSAGE_SENDERS = 3
    unrecorded = []

    def answer(letter):
        unrecorded.append(len(provider.letters) - recorded[0])
        return Accepted("x")

    recorded = [0]
    provider = FakeProvider(answer)
    for number in range(60):
        note(clinic, about_id=number)

    def counted(outcomes):
        recorded[0] += sum(outcome.state == "sent" for outcome in outcomes)
        return record(outcomes)

    monkeypatch.setattr(dispatcher, "record", counted)
    send(provider)

    assert len(unrecorded) == 60
    assert max(unrecorded) <= 3


def test_run_ends_itself_and_gives_back_what_is_left(clinic, kind):
    def answer(letter):
        time.sleep(0.05)
        return Accepted("x")

    for number in range(100):
        note(clinic, about_id=number)

    became = send(FakeProvider(answer), seconds=0.2)

    assert 0 < became["sent"] < 100
    assert Message.objects.filter(state="claimed").count() == 0
    assert Message.objects.filter(state="due", tries=0).count() == 100 - became["sent"]


@pytest.mark.logs_errors
def test_provider_that_raises_costs_a_try_and_names_nobody(clinic, kind, caplog):
    def answer(letter):
        raise RuntimeError(letter.address)

    message = note(clinic)

    send(FakeProvider(answer))

    assert (found(message).state, found(message).last_error) == ("due", "RuntimeError")
    assert "RuntimeError" in caplog.text
    assert "alice@example.com" not in caplog.text


def lost(clinic, **fields):
    """A message that a worker had claimed when it was killed."""
    return note(
        clinic,
        **{"state": "claimed", "claim": uuid4(), "lease_until": NOW, "tries": 1, **fields},
    )


def test_what_a_lost_worker_had_is_sent_and_marked(clinic, provider):
    message = lost(clinic)
    held = lost(clinic, about_id=2, lease_until=NOW + timedelta(seconds=1))

    send(provider)

    assert (found(message).state, message.recovered, message.tries) == ("sent", True, 2)
    assert found(held).state == "claimed"


def test_text_that_two_workers_were_lost_with_is_not_sent_a_third_time(clinic, kind):
    agree_to_texts(clinic)
    once = lost(clinic, channel=SMS)
    twice = lost(clinic, channel=SMS, about_id=2, recovered=True)

    send(FakeProvider(knows_keys=False))

    assert (found(once).state, found(twice).state) == ("sent", "failed")
    assert found(twice).last_error == "A worker was lost with it twice; it may have gone out"


def test_provider_with_keys_is_asked_as_often_as_need_be(clinic, kind):
    agree_to_texts(clinic)
    twice = lost(clinic, channel=SMS, recovered=True)

    send(FakeProvider(knows_keys=True))

    assert found(twice).state == "sent"


def test_text_without_an_answer_is_sent_once_more_only(clinic, kind):
    agree_to_texts(clinic)
    provider = FakeProvider(lambda letter: TryAgain("ReadTimeout", is_open=True))
    message = note(clinic, channel=SMS)

    for now in (NOW, LATER, LATER + timedelta(hours=1)):
        send(provider, now)

    assert (found(message).state, len(provider.letters)) == ("failed", 2)
    assert message.last_error == "No answer twice; it may have gone out"


def test_message_that_kills_its_workers_is_given_up(clinic, provider):
    message = lost(clinic, tries=20)

    send(provider)

    assert found(message).last_error == "A worker was lost with it each time"


def test_worker_whose_lease_ran_out_writes_nothing(clinic, kind):
    message = note(clinic)
    claimed = claim(EMAIL, NOW)
    mark = uuid4()
    Message.objects.filter(pk=message.pk).update(claim=mark)

    assert record([failed(claimed.messages[0], "late")]) == 0
    assert (found(message).state, message.claim) == ("claimed", mark)


def test_channel_without_a_provider_is_left_out_with_the_reason(clinic, provider):
    agree_to_texts(clinic)
    message = note(clinic, channel=SMS)

    send_due(clock=lambda: NOW, makers={EMAIL: provider.make})

    assert (found(message).state, found(message).reason) == ("skipped", "No provider is set up")


def test_each_run_leaves_a_sign_of_life(clinic, provider):
    send(provider)
    send(provider, LATER)

    assert Heartbeat.objects.get(name="dispatcher").at == LATER


def test_batch_takes_as_many_queries_as_one_message(clinic, provider, django_assert_num_queries):
    def queries(count):
        for number in range(count):
            note(clinic, about_id=number, dedupe_key=str(uuid4()))
        with django_assert_num_queries(QUERIES):
            claimed = claim(EMAIL, NOW)
            ask(claimed, NOW, knows_keys=False)
        assert len(claimed.messages) == count

    queries(1)
    queries(30)


QUERIES = 7
"""Savepoint and its end, two locking reads, the places, a mark, one for consent and addresses."""


def test_what_is_due_is_found_by_the_index_among_what_waits(clinic, kind):
    make_copies_of(note(clinic), 20_000)

    claimable = Message.objects.filter(channel=EMAIL, state="due", due_at__lte=NOW)
    plan = claimable.order_by("due_at", "pk")[:100].explain(analyze=True)

    assert "message_due" in plan
    assert "Seq Scan" not in plan
    assert "Rows Removed by Filter" not in plan


def make_copies_of(message, count):
    """Write the same message again and again, each due a minute after the one before."""
    names = [field.column for field in Message._meta.concrete_fields if field.column != "id"]
    changed = {
        "public_id": "gen_random_uuid()",
        "dedupe_key": "'copy ' || n",
        "due_at": "due_at + n * interval '1 minute'",
    }
    values = ", ".join(changed.get(name, name) for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO clinic_message ({', '.join(names)}) SELECT {values}"
            " FROM clinic_message, generate_series(1, %s) AS n WHERE id = %s",
            [count, message.pk],
        )
        cursor.execute("ANALYZE clinic_message")


def test_dispatcher_down_for_five_hours_asks_each_kind_again(clinic, kind, provider):
    kind.answers = {1: Skipped("The visit is over")}
    over, fine = note(clinic, about_id=1), note(clinic, about_id=2)

    send(provider, NOW + timedelta(hours=5))

    assert (found(over).state, found(over).reason) == ("skipped", "The visit is over")
    assert (found(fine).state, provider.numbers) == ("sent", [2])


def test_letter_is_a_mail_with_the_words_of_its_kind(clinic, provider):
    note(clinic)

    send(provider)

    content = provider.letters[0].content
    assert isinstance(content, Mail)
    assert (content.subject, content.text) == ("Note 1", "This is note 1.")
