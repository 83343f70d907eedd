"""Plans of cover in a small clinic, as tests ask for them and read them."""

from datetime import timedelta

from bookings.models import Appointment
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at
from tests.factories.cover import away
from treatments.models import CoverPlan
from treatments.models.cover_steps import CoverStep, steps_from_json
from treatments.selectors.cover_scope import CoverScope
from treatments.services.cover_planning import (
    want_cover,
    work_out,
)

MONDAY = TODAY + timedelta(days=14)
TEN = at(MONDAY, 10)
TWO = at(MONDAY, 14)


def booked(clinic: SmallClinic, starts_at, client=None) -> Appointment:
    visit = book_visit(
        client or clinic.alice,
        clinic.follow_up,
        clinic.location,
        starts_at,
        practitioner=clinic.chen,
        by=clinic.rosa,
    )
    return fresh(visit)


def fresh(visit: Appointment) -> Appointment:
    return Appointment.objects.with_people().get(pk=visit.pk)


def planned(clinic: SmallClinic, scope: CoverScope | None = None, now=NOW) -> CoverPlan:
    plan = want_cover(scope=scope or away(clinic.chen), by=clinic.rosa, now=now)
    return work_out(plan=plan, now=now)


def steps(plan: CoverPlan) -> list[CoverStep]:
    return list(steps_from_json(plan.proposal))


def kinds(plan: CoverPlan) -> list[str]:
    return [step.kind.value for step in steps(plan)]
