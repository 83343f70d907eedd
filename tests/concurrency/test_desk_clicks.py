"""Two people at the desk decide about one message or one call at the same moment."""

import pytest

from clinic.models import CallEntry, Message
from clinic.services import messages as messages_service
from clinic.services.calls import settle_call
from clinic.services.messages import give_up, try_again
from tests.concurrency.test_race import race
from tests.factories.clinic import NOW, SmallClinic, make_small_clinic
from tests.support.messages import make_message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

CLICKS = 6
REFUSED = {"booked": 1, "NotFailed": 2 * CLICKS - 1}


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


def failed(clinic: SmallClinic) -> Message:
    return make_message(clinic.alice, clinic.location, NOW, state="failed", last_error="HTTP 503")


def decisions(clinic: SmallClinic, message: Message) -> list:
    return [
        lambda: try_again(message=message, by=clinic.rosa, now=NOW),
        lambda: give_up(message=message, by=clinic.mia),
    ] * CLICKS


def test_retry_and_give_up_at_once_leave_one_decision(clinic: SmallClinic) -> None:
    message = failed(clinic)

    outcomes, _ = race(decisions(clinic, message))

    message.refresh_from_db()
    assert outcomes == REFUSED
    assert message.state in {"due", "skipped"}


def test_without_the_condition_every_click_counts(clinic: SmallClinic, monkeypatch) -> None:
    def unguarded(message: Message, **changes: object) -> None:
        Message.objects.filter(pk=message.pk).update(**changes)

    monkeypatch.setattr(messages_service, "_from_failed", unguarded)

    outcomes, _ = race(decisions(clinic, failed(clinic)))

    assert outcomes == {"booked": 2 * CLICKS}


def test_call_ticked_by_many_keeps_one_name(clinic: SmallClinic) -> None:
    call = CallEntry.objects.create(
        dedupe_key="overdue",
        client=clinic.alice,
        location=clinic.location,
        reason=CallEntry.Reason.OVERDUE,
        about="course",
        about_id=1,
        created_at=NOW,
    )
    people = {clinic.rosa: "Rosa spoke", clinic.mia: "Mia spoke"}

    outcomes, _ = race(
        [
            lambda by=by, note=note: settle_call(call=call, note=note, by=by, now=NOW)
            for by, note in people.items()
        ]
        * CLICKS
    )

    call.refresh_from_db()
    assert outcomes == {"booked": 1, "CallSettled": 2 * CLICKS - 1}
    assert call.note == people[call.settled_by]
