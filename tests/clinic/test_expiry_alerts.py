"""Who is warned that a paper runs out, and when."""

from datetime import date, timedelta

import pytest

from clinic.domain.credentials import Result
from clinic.messaging.registry import Wanted, kind_named
from clinic.models import ExpiryAlert, Message
from clinic.services.alerts import raise_expiry_alerts
from clinic.tasks import raise_expiry_alerts as task
from tests.factories.clinic import NOW, SmallClinic, make_small_clinic
from tests.factories.credentials import check, hand_in, make_type, verified

pytestmark = pytest.mark.django_db
LAST = date(2028, 1, 31)
STEPS = [160, 90, 60, 30, 14, 7, 1]


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


def days_before(days: int):
    """Return the instant, eight in the morning in New York, so many days before the last one."""
    return NOW + (LAST - NOW.date() - timedelta(days=days))


def raised() -> list[int]:
    return list(ExpiryAlert.objects.order_by("pk").values_list("days_before", flat=True))


def test_one_alert_at_each_step_and_none_between(clinic):
    verified(make_type(), clinic.chen, by=clinic.mia, expires=LAST)

    written = {}
    for days in range(170, -3, -1):
        rows = raise_expiry_alerts(now=days_before(days))
        raise_expiry_alerts(now=days_before(days) + timedelta(hours=1))
        written.update({days: [row.days_before for row in rows]} if rows else {})

    assert written == {step: [step] for step in STEPS}
    assert raised() == STEPS


def test_paper_found_late_gets_the_nearest_step_only(clinic):
    verified(make_type(), clinic.chen, by=clinic.mia, expires=LAST)

    raise_expiry_alerts(now=days_before(20))

    assert raised() == [30]


def test_renewed_paper_is_not_warned_of(clinic):
    kind = make_type()
    verified(kind, clinic.chen, by=clinic.mia, expires=LAST)
    verified(kind, clinic.chen, by=clinic.mia, issued=LAST, expires=date(2029, 1, 31))

    raise_expiry_alerts(now=days_before(14))

    assert raised() == []


def test_renewal_that_begins_too_late_is_none(clinic):
    kind = make_type()
    verified(kind, clinic.chen, by=clinic.mia, expires=LAST)
    late = LAST + timedelta(days=2)
    verified(kind, clinic.chen, by=clinic.mia, issued=late, expires=date(2029, 1, 31))

    raise_expiry_alerts(now=days_before(14))

    assert raised() == [14]


def test_alert_goes_by_the_date_where_they_work(clinic):
    verified(make_type(), clinic.chen, by=clinic.mia, expires=LAST)

    evening = days_before(161) + timedelta(hours=13)

    assert raise_expiry_alerts(now=evening) == []


def test_renewal_without_an_end_counts_as_one(clinic):
    kind = make_type()
    verified(kind, clinic.chen, by=clinic.mia, expires=LAST)
    kind.expires = False
    kind.save()
    verified(kind, clinic.chen, by=clinic.mia)

    raise_expiry_alerts(now=days_before(14))

    assert raised() == []


def test_renewal_that_nobody_has_verified_is_none(clinic):
    kind = make_type()
    old = verified(kind, clinic.chen, by=clinic.mia, expires=LAST)
    hand_in(kind, clinic.chen, by=clinic.mia, issued=LAST, expires=date(2029, 1, 31))

    raise_expiry_alerts(now=days_before(14))

    assert list(ExpiryAlert.objects.values_list("credential", "days_before")) == [(old.pk, 14)]


@pytest.mark.parametrize("result", [Result.SUSPENDED, Result.REVOKED, Result.RENEWAL_PENDING])
def test_paper_that_counts_no_more_or_is_being_renewed_is_not_warned_of(result, clinic):
    paper = verified(make_type(), clinic.chen, by=clinic.mia, expires=LAST)
    check(paper, result, by=clinic.mia)

    raise_expiry_alerts(now=days_before(14))

    assert raised() == []


def test_paper_of_somebody_who_left_is_not_warned_of(clinic):
    verified(make_type(), clinic.chen, by=clinic.mia, expires=LAST)
    clinic.chen.is_active = False
    clinic.chen.save()

    raise_expiry_alerts(now=days_before(14))

    assert raised() == []


def test_papers_of_a_location_are_warned_of_too(clinic):
    verified(make_type(holder="location"), clinic.location, by=clinic.mia, expires=LAST)

    raise_expiry_alerts(now=days_before(14))

    assert raised() == [14]


def test_task_may_run_twice(clinic, time_machine):
    verified(make_type(), clinic.chen, by=clinic.mia, expires=LAST)
    time_machine.move_to(days_before(7))

    assert (task(), task(), raised()) == (1, 0, [7])


def mails() -> list[tuple[str, int]]:
    rows = Message.objects.filter(kind="credential_expiring").order_by(
        "about_version", "user__name"
    )
    return [(row.user.name, row.about_version) for row in rows]


def answer_to(row: Message, now):
    return kind_named(row.kind).wanted([row], now)[row.pk]


def test_holder_and_managers_are_told_once_of_each_step(clinic):
    verified(make_type(), clinic.chen, by=clinic.mia, expires=LAST)

    for days in (30, 29, 14):
        raise_expiry_alerts(now=days_before(days))
        raise_expiry_alerts(now=days_before(days))

    assert mails() == [("Chen Li", 14), ("Mia Moss", 14), ("Chen Li", 30), ("Mia Moss", 30)]


def test_paper_of_a_location_is_told_to_managers(clinic):
    kind = make_type(holder="location")
    verified(kind, clinic.location, by=clinic.mia, expires=LAST)

    raise_expiry_alerts(now=days_before(30))

    assert mails() == [("Mia Moss", 30)]


def test_paper_renewed_before_the_mail_went_out_is_not_told(clinic):
    kind = make_type()
    verified(kind, clinic.chen, by=clinic.mia, expires=LAST)
    raise_expiry_alerts(now=days_before(30))
    row = Message.objects.filter(user=clinic.chen.user).get()
    before = answer_to(row, days_before(30))
    verified(kind, clinic.chen, by=clinic.mia, issued=LAST, expires=date(2029, 1, 31))

    after = answer_to(row, days_before(30))

    assert isinstance(before, Wanted)
    assert after.reason == "The paper was renewed, or counts no more."
