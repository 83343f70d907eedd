"""The demo clinic: believable, always alike, and true to the rules of the engine."""

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import F

from bookings.domain.lifecycle import RESERVING, State
from bookings.domain.segments import shape_of, takings
from bookings.messages.kinds import KINDS
from bookings.messages.writing import VisitNow
from bookings.models import Appointment, ChangeRequest, NeedleChange, Needling, TimeOff
from bookings.selectors.cover import visits_to_cover
from bookings.services.reminding import write_due_reminders
from bookings.services.reserving import as_interval
from clinic.domain.credentials import Standing
from clinic.models import Client, ExpiryAlert, Location, Message, Practitioner, Room, Service
from clinic.selectors.catalogue import catalogue
from clinic.selectors.credentials import (
    PaperStanding,
    Waits,
    standings,
    verifiers,
    with_everything,
)
from tests.support.health_words import health_words
from tests.treatments.demo.conftest import NOW
from treatments.demo import cast, demo_logins, texts
from treatments.demo.paper_cast import CERTIFICATES, LATEST, PAPERS, PAPERS_OF_NEWCOMERS

pytestmark = pytest.mark.xdist_group("demo")

EFFICACY = re.compile(
    r"\b(cure[sd]?|guarantee[sd]?|permanent(ly)?|proven|safe(ly)?|painless|toxins?|detox"
    r"|burns? fat|facelift result|years younger)\b",
    re.IGNORECASE,
)

OVERLAPS = """
SELECT count(*) FROM bookings_reservation one JOIN bookings_reservation other
ON one.resource_id = other.resource_id AND one.id < other.id AND one.during && other.during
"""


@pytest.fixture
def demo(made: None, db: None) -> None:
    """Have the demo clinic in the database."""


def test_demo_has_the_promised_clinic(demo: None) -> None:
    lanes = {person.name: person.lanes.count() for person in Practitioner.objects.all()}

    assert list(Location.objects.order_by("pk").values_list("slug", "zone")) == [
        ("new-york", "America/New_York"),
        ("san-francisco", "America/Los_Angeles"),
    ]
    assert lanes == {
        "Ines Varga": 2,
        "Theo Lindqvist": 2,
        "Mara Okonjo": 1,
        "Jonah Feld": 2,
        "Lene Marquart": 1,
        "Silvan Hartwig": 1,
    }
    assert Room.objects.count() == 5
    assert set(Room.objects.filter(is_step_free=True).values_list("location__slug", flat=True)) == {
        "new-york",
        "san-francisco",
    }
    assert Service.objects.count() == 6
    assert Client.objects.count() == 60


def test_demo_visits_stand_in_many_states(demo: None) -> None:
    states = set(Appointment.objects.values_list("state", flat=True))
    today = Appointment.objects.filter(starts_at__date=NOW.date())

    assert states == {
        "booked", "arrived", "in_session", "completed", "cancelled", "no_show", "not_treated",
    }  # fmt: skip
    assert len(set(today.values_list("state", flat=True))) >= 4
    assert Appointment.objects.filter(cancelled_late=True).exists()
    assert Appointment.objects.left_open(NOW).exists()
    assert ChangeRequest.objects.filter(answered_at=None).count() == 1
    assert TimeOff.objects.filter(kind="away").count() == 1
    assert TimeOff.objects.filter(kind="closure").count() > 30


def test_demo_visits_that_were_started_have_their_needles_counted(demo: None) -> None:
    started = Appointment.objects.filter(
        service__uses_needles=True, status_changes__to_state="in_session"
    )
    done = started.filter(state="completed")
    numbers = Needling.objects.filter(appointment__in=done)

    assert done.count() == numbers.exclude(out_at=None).count() > 100
    assert not numbers.filter(searched_at=None).exclude(out_count=F("in_count")).exists()
    assert numbers.exclude(searched_at=None).exists()
    assert not Needling.objects.exclude(appointment__in=started).exists()
    assert Needling.objects.filter(appointment__state="in_session", in_at__lte=NOW).exists()
    told = NeedleChange.objects.filter(kind="out", by=F("appointment__practitioner__user"))
    assert told.count() == Needling.objects.exclude(out_at=None).count()


def test_demo_spans_three_months_each_way(demo: None) -> None:
    first = Appointment.objects.order_by("starts_at").first()
    last = Appointment.objects.order_by("-starts_at").first()

    assert first is not None
    assert last is not None
    assert NOW - timedelta(days=95) < first.starts_at < NOW - timedelta(days=75)
    assert NOW + timedelta(days=75) < last.starts_at < NOW + timedelta(days=95)


def test_no_two_demo_reservations_overlap(demo: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS)
        assert cursor.fetchone() == (0,)


def test_demo_visits_reserve_what_their_segments_ask(demo: None) -> None:
    visits = Appointment.objects.with_people().prefetch_related("reservations__resource")
    lanes = {person.pk: person.lanes.count() for person in Practitioner.objects.all()}

    for visit in visits:
        found = sorted(
            (row.resource.kind, as_interval(row.during)) for row in visit.reservations.all()
        )
        assert visit.client is not None
        alone = not visit.service.may_overlap or visit.client.never_overlap
        parts = takings(shape_of(visit.plan, all_lanes=alone), visit.starts_at)
        wanted = [("client", parts.client)]
        wanted += [("hands", part) for part in parts.hands]
        wanted += [("lane", parts.client)] * (lanes[visit.practitioner_id] if alone else 1)
        wanted += [("room", part) for part in parts.room]
        assert found == (sorted(wanted) if visit.state in RESERVING else [])


def test_demo_history_leads_to_the_state_in_order(demo: None) -> None:
    for visit in Appointment.objects.prefetch_related("status_changes"):
        changes = sorted(visit.status_changes.all(), key=lambda change: change.pk)
        times = [change.at for change in changes]

        assert times == sorted(times)
        assert times[-1] <= NOW
        assert [change.from_state for change in changes] == [
            "",
            *[change.to_state for change in changes[:-1]],
        ]
        assert changes[-1].to_state == visit.state
        assert State(changes[0].to_state) is State.BOOKED


def test_returning_services_follow_a_first_visit(demo: None) -> None:
    returning = Appointment.objects.filter(service__bookable_by="returning")
    first = {
        visit.client_id: visit.starts_at
        for visit in Appointment.objects.filter(service__is_first_visit=True)
    }

    early = [visit for visit in returning if visit.starts_at < first.get(visit.client_id, NOW)]

    # Whose first visit lies before the window, three months back, has none here.
    assert [visit for visit in early if visit.client_id in first] == []


def test_demo_papers_stand_in_every_way(demo: None) -> None:
    found = all_papers()

    assert {item.standing for item in found} == set(Standing)
    assert waiting_for(Waits.VERIFIER) == {
        "Jonah Feld: State licence, California",
        "Lene Marquart: Facial-acupuncture training",
    }
    assert waiting_for(Waits.RECHECK) == {"Mara Okonjo: State licence, California"}
    assert waiting_for(Waits.HOLDER) == {"Theo Lindqvist: National certification"}
    assert all(item.row.documents.exists() for item in found if item.waits is Waits.VERIFIER)


def test_demo_has_two_who_verify(demo: None) -> None:
    assert set(verifiers().values_list("email", flat=True)) == {
        "manager@example.com",
        "theo@example.com",
    }


def test_demo_paper_runs_out_before_booked_visits(demo: None) -> None:
    insurance = next(
        item.row for item in all_papers() if str(item.row) == "Jonah Feld: Liability insurance"
        and item.standing is Standing.VERIFIED
    )  # fmt: skip
    behind = Appointment.objects.filter(
        practitioner__slug="jonah-feld", state="booked", starts_at__date__gt=insurance.expires_date
    )

    assert insurance.expires_date == NOW.date() + timedelta(days=17)
    assert behind.count() > 10
    assert str(insurance) in {str(row.credential) for row in alerts()}


def test_demo_lists_people_for_what_their_papers_allow(demo: None) -> None:
    facts = catalogue()
    listed = {
        (service.slug, person.name)
        for service in facts.services.values()
        for place in facts.locations.values()
        for person in facts.listed(service.id, place.id, NOW)
    }

    services_of_lene = {slug for slug, name in listed if name == "Lene Marquart"}
    assert services_of_lene == {"consultation", "legs-and-buttocks"}
    assert "Silvan Hartwig" not in {name for _, name in listed}


def test_demo_has_one_visit_to_cover(demo: None) -> None:
    found = visits_to_cover(NOW)

    assert [(item.visit.practitioner.name, item.visit.state) for item in found] == [
        ("Silvan Hartwig", "booked")
    ]


def test_demo_visits_stand_on_valid_papers(demo: None) -> None:
    facts = catalogue()
    done = Appointment.objects.exclude(practitioner__slug="silvan-hartwig").select_related(
        "location"
    )

    assert [
        str(visit)
        for visit in done
        if not facts.is_qualified(
            visit.practitioner_id,
            visit.service_id,
            visit.location_id,
            visit.starts_at.astimezone(ZoneInfo(visit.location.zone)).date(),
            NOW.date(),
        )
    ] == []


def all_papers() -> list[PaperStanding]:
    return standings(with_everything().order_by("pk"), NOW)


def waiting_for(who: Waits) -> set[str]:
    return {str(item.row) for item in all_papers() if item.waits is who}


def alerts() -> Any:
    return ExpiryAlert.objects.select_related(
        "credential__type", "credential__practitioner", "credential__location"
    )


def test_demo_texts_promise_nothing() -> None:
    written = [value for value in vars(texts).values() if isinstance(value, str)]
    written += [
        str(plan) for plan in (*cast.OFFERS, *cast.PRACTITIONERS, *cast.NEWCOMERS, *cast.PLACES)
    ]
    written += [str(plan) for plan in (*PAPERS, *PAPERS_OF_NEWCOMERS, LATEST, CERTIFICATES)]

    assert [EFFICACY.findall(text) for text in written if EFFICACY.search(text)] == []


@pytest.mark.parametrize("number", range(5))
def test_demo_logins_can_sign_in(demo: None, client: Any, number: int) -> None:
    _, email, password = demo_logins()[number]

    response = client.post("/accounts/login/", {"login": email, "password": password})

    assert response.status_code == 302
    assert "_auth_user_id" in client.session


def test_fresh_demo_sends_nothing_by_itself(demo: None) -> None:
    assert write_due_reminders(now=NOW) == 0
    assert set(Message.objects.values_list("state", "reason")) <= {
        ("skipped", "Demo data"),
        ("dropped", "The visit has changed since."),
    }
    assert Message.objects.filter(kind="visit_last", state="skipped").exists()


def test_messages_of_the_demo_tell_nothing_of_health(demo: None) -> None:
    visits = Appointment.objects.with_people().filter(client__isnull=False).order_by("-pk")
    found: dict[str, set[str]] = {}
    for visit in visits[:50]:
        for kind in KINDS:
            for channel in Message.Channel:
                row = Message(kind=kind.name, channel=channel, client=visit.client)
                said = found.setdefault(f"{kind.name} {channel}", set())
                said.update(health_words(str(kind.render(row, VisitNow(visit, NOW)))))

    assert len(found) == 2 * len(KINDS)
    assert {name: words for name, words in found.items() if words} == {}
