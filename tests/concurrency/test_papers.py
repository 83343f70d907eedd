"""A revocation beside a booking, a move, a confirmed hold, a start: wholly before or after.

The pairs show what the lock on the holder is for: without it a booking or a start that
looked before the revocation is written after it.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from unittest import mock

import pytest
from django.db import connection, connections

from bookings.domain.lifecycle import State
from bookings.models import Appointment, StatusChange
from bookings.refusals import NotQualified
from bookings.selectors.cover import visits_to_cover
from bookings.services import booking, holding, moving, status
from bookings.services.holding import confirm_hold, place_hold
from bookings.services.moving import move_appointment
from bookings.services.status import record_status, start_visit
from clinic.domain.credentials import Result
from clinic.models import Credential, CredentialType, Verification
from clinic.selectors.catalogue import catalogue
from clinic.services import verifying
from tests.concurrency.test_race import race
from tests.factories.bookings import book_visit, wish
from tests.factories.clinic import NOW, SmallClinic, at, make_small_clinic
from tests.factories.credentials import check, make_type, verified

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TUESDAY = date(2027, 6, 8)
TEN = at(TUESDAY, 10)
ROUNDS = 16

Act = Callable[[], object]
Prepare = Callable[[SmallClinic], Act]


def make_clinic() -> SmallClinic:
    """Make the small clinic, where the follow-up asks for a licence and for a permit."""
    clinic = make_small_clinic()
    make_type("licence", required_by=[clinic.follow_up])
    make_type("permit", required_by=[clinic.follow_up], holder="location")
    return clinic


def papers(clinic: SmallClinic) -> dict[str, Credential]:
    """Hand in and verify the two papers anew."""
    types = {row.slug: row for row in CredentialType.objects.all()}
    return {
        "licence": verified(types["licence"], clinic.chen, by=clinic.mia),
        "permit": verified(types["permit"], clinic.location, by=clinic.mia),
    }


def booked(clinic: SmallClinic) -> Appointment:
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, TEN)
    return Appointment.objects.with_people().get(pk=visit.pk)


def to_book(clinic: SmallClinic) -> Act:
    return lambda: book_visit(clinic.alice, clinic.follow_up, clinic.location, TEN)


def to_move(clinic: SmallClinic) -> Act:
    visit = booked(clinic)
    snapshot = catalogue()
    return lambda: move_appointment(
        appointment=visit,
        starts_at=at(TUESDAY, 14),
        practitioner_id=None,
        catalogue=snapshot,
        by=clinic.rosa,
        now=NOW,
    )


def to_confirm(clinic: SmallClinic) -> Act:
    wanted = wish(clinic.follow_up, clinic.location, TEN)
    hold = place_hold(wish=wanted, client=None, now=NOW)
    hold = Appointment.objects.select_related("location", "service").get(pk=hold.pk)
    snapshot = catalogue()
    return lambda: confirm_hold(
        hold=hold, client=clinic.alice, catalogue=snapshot, by=clinic.alice.user, now=NOW
    )


def to_start(clinic: SmallClinic) -> Act:
    visit = booked(clinic)
    record_status(appointment=visit, to_state=State.ARRIVED, by=clinic.rosa, now=TEN)
    return lambda: start_visit(
        appointment=visit, history_seen=True, by=clinic.chen.user, now=TEN + timedelta(minutes=1)
    )


def revoking(paper: Credential, clinic: SmallClinic) -> Act:
    return lambda: check(paper, Result.REVOKED, by=clinic.mia)


def after(seconds: float, act: Act) -> Act:
    def later() -> None:
        time.sleep(seconds)
        act()

    return later


def in_order(first: Act, second: Act) -> list[Act]:
    """Let the second begin once the first is through."""
    is_through = threading.Event()

    def lead() -> None:
        try:
            first()
        finally:
            is_through.set()

    def follow() -> None:
        assert is_through.wait(60)
        second()

    return [lead, follow]


def start_and_revoke(start: Act, revoke: Act, number: int) -> list[Act]:
    """Return both: one after the other in the first two rounds, then at about one time."""
    if number == 0:
        return in_order(revoke, start)
    if number == 1:
        return in_order(start, revoke)
    stagger = (number - ROUNDS / 2) / 100
    return [after(max(stagger, 0), start), after(max(-stagger, 0), revoke)]


def clear() -> None:
    """Take the visits of a round away; papers and their checks stay, as they must."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE bookings_reservation, bookings_bookingrequest, bookings_changerequest,"
            " bookings_statuschange, bookings_appointment CASCADE"
        )


def refused_or_flagged(act: Act) -> Act:
    """Let `NotQualified` pass as an answer."""

    def run() -> None:
        try:
            act()
        except NotQualified:
            return

    return run


@pytest.mark.parametrize("which", ["licence", "permit"])
@pytest.mark.parametrize("prepare", [to_book, to_move, to_confirm])
def test_every_visit_is_flagged_after_a_revocation_in_any_order(which, prepare: Prepare):
    clinic = make_clinic()

    for number in range(ROUNDS):
        paper = papers(clinic)[which]
        act = prepare(clinic)
        # From well before the revocation to well after it.
        stagger = (number - ROUNDS / 2) / 100
        outcomes, _ = race(
            [
                after(max(stagger, 0), refused_or_flagged(act)),
                after(max(-stagger, 0), revoking(paper, clinic)),
            ]
        )

        assert outcomes == {"booked": 2}
        there = set(Appointment.objects.filter(state=State.BOOKED))
        assert {item.visit for item in visits_to_cover(NOW)} == there
        clear()


@pytest.mark.parametrize("which", ["licence", "permit"])
def test_a_start_beside_a_revocation_is_before_it_or_refused(which):
    clinic = make_clinic()
    seen = set()

    for number in range(ROUNDS):
        paper = papers(clinic)[which]
        acts = start_and_revoke(to_start(clinic), revoking(paper, clinic), number)
        outcomes, _ = race(acts)

        visit = Appointment.objects.get()
        seen.add(visit.state)
        is_started = visit.state == State.IN_SESSION
        assert outcomes == ({"booked": 2} if is_started else {"booked": 1, "NotQualified": 1})
        clear()

    assert seen == {State.ARRIVED, State.IN_SESSION}


@contextmanager
def slow_writer(looked: threading.Event, go: threading.Event, *, seconds: float) -> Iterator[None]:
    """Let whoever books, moves, confirms or starts stop between the look and the writing."""

    def stop_before(write: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **kwargs: object) -> object:
            looked.set()
            go.wait(timeout=seconds)
            return write(*args, **kwargs)

        return run

    with (
        mock.patch.object(booking, "reserve", stop_before(booking.reserve)),
        mock.patch.object(moving, "_write_move", stop_before(moving._write_move)),
        mock.patch.object(holding, "record_state", stop_before(holding.record_state)),
        mock.patch.object(status, "record_state", stop_before(status.record_state)),
    ):
        yield


def order_of_commits(
    act: Act, revoke: Act, is_written: Callable[[], bool], *, seconds: float
) -> list[str]:
    """Revoke while the writer stands between look and writing; say who committed first.

    The writer stands there until the revocation is through, and so many seconds at most.
    """
    looked, revoked = threading.Event(), threading.Event()
    order: list[str] = []

    def write() -> None:
        act()
        connections.close_all()

    def take_back() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '60s'")
        looked.wait(timeout=60)
        revoke()
        order.append("written, then revoked" if is_written() else "revoked, then written")
        revoked.set()
        connections.close_all()

    with slow_writer(looked, revoked, seconds=seconds):
        threads = [threading.Thread(target=write), threading.Thread(target=take_back)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert is_written()
    return order


WRITTEN: dict[Prepare, Callable[[], bool]] = {
    to_book: lambda: Appointment.objects.filter(state=State.BOOKED).exists(),
    to_move: lambda: Appointment.objects.filter(starts_at=at(TUESDAY, 14)).exists(),
    to_confirm: lambda: Appointment.objects.filter(state=State.BOOKED).exists(),
    to_start: lambda: StatusChange.objects.filter(to_state=State.IN_SESSION).exists(),
}


@pytest.mark.parametrize("which", ["licence", "permit"])
@pytest.mark.parametrize("prepare", WRITTEN)
def test_revocation_waits_for_whoever_has_looked_already(which, prepare: Prepare):
    clinic = make_clinic()
    paper = papers(clinic)[which]
    act = prepare(clinic)

    order = order_of_commits(act, revoking(paper, clinic), WRITTEN[prepare], seconds=1)

    assert order == ["written, then revoked"]


@pytest.mark.parametrize("which", ["licence", "permit"])
@pytest.mark.parametrize("prepare", WRITTEN)
def test_same_without_the_lock_is_written_after_the_revocation(which, prepare: Prepare):
    clinic = make_clinic()
    paper = papers(clinic)[which]
    act = prepare(clinic)

    with mock.patch.object(verifying, "lock_holder", return_value=None):
        order = order_of_commits(act, revoking(paper, clinic), WRITTEN[prepare], seconds=60)

    assert order == ["revoked, then written"]
    assert Verification.objects.filter(result=Result.REVOKED).exists()
