"""Two verifiers decide on one paper, and two beats warn of one, at the same moment."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections

from clinic.domain.credentials import Result
from clinic.models import ExpiryAlert
from clinic.services import alerts
from clinic.services.alerts import raise_expiry_alerts
from clinic.services.verifying import Decision, Seen, decide
from tests.factories.clinic import NOW, TODAY, make_small_clinic, make_user
from tests.factories.credentials import hand_in, make_type, verified

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 10


def at_once(acts: list[Callable[[], object]]) -> Counter[str]:
    """Run all acts at once, each on a connection of its own, and count how they ended."""
    outcomes: list[str] = []
    start = threading.Barrier(len(acts), timeout=60)

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            outcomes.append(str(act()))
        except Exception as error:
            outcomes.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(outcomes)


def test_of_two_verifiers_at_once_one_wins_and_one_is_told():
    clinic = make_small_clinic()
    people = [clinic.mia, make_user("Vera Vale", is_manager=True)]
    decisions = [
        Decision(Result.VERIFIED, method="register", evidence="Entry 4711"),
        Decision(Result.REJECTED, reason="Not in the register"),
    ]

    for number in range(ROUNDS):
        paper = hand_in(make_type(f"type-{number}"), clinic.chen, by=clinic.mia)
        outcomes = at_once(
            [
                lambda who=who, what=what, paper=paper: (
                    decide(paper=paper, decision=what, seen=Seen(0, 1), by=who, now=NOW).pk > 0
                )
                for who, what in zip(people, decisions, strict=True)
            ]
        )

        assert outcomes == {"True": 1, "AlreadyChanged": 1}
        assert paper.checks.count() == 1


@pytest.mark.parametrize("is_guarded", [True, False])
def test_two_beats_warn_once_and_would_not_without_the_constraint(is_guarded, monkeypatch):
    clinic = make_small_clinic()
    verified(make_type(), clinic.chen, by=clinic.mia, expires=TODAY + timedelta(days=7))
    # Both have read that nothing was written yet before either writes.
    read = threading.Barrier(2, timeout=60)
    write = ExpiryAlert.objects.bulk_create

    def wait_and_write(rows, **options):
        read.wait()
        return write(rows, ignore_conflicts=is_guarded and options["ignore_conflicts"])

    monkeypatch.setattr(alerts.ExpiryAlert.objects, "bulk_create", wait_and_write)
    nows = [NOW, NOW + timedelta(seconds=1)]

    outcomes = at_once([lambda now=now: len(raise_expiry_alerts(now=now)) for now in nows])

    loser = "0" if is_guarded else "IntegrityError"
    assert outcomes == {"1": 1, loser: 1}
    assert ExpiryAlert.objects.count() == 1
