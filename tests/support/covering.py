"""Cover as its pages and messages meet it: plans, times that are kept, what was told."""

from datetime import datetime, timedelta

from django.db.models import F

from bookings.models import Appointment
from bookings.services.holding import place_hold
from bookings.services.telling import standing_of
from tests.factories.bookings import book_visit, wish
from tests.factories.clinic import NOW, TODAY, SmallClinic, at
from treatments.models import CoverOffer, CoverPlan
from treatments.services.cover_telling import ToldStep, tell_cover

NEXT_TUESDAY = TODAY + timedelta(days=8)
TEN = at(NEXT_TUESDAY, 10)
KEPT_UNTIL = NOW + timedelta(hours=48)


def make_plan(clinic: SmallClinic, **fields) -> CoverPlan:
    """Make a plan for Chen, who is away for a fortnight."""
    wanted = {
        "scope": "practitioner",
        "cause": "away",
        "practitioner": clinic.chen,
        "starts_at": at(TODAY, 0),
        "ends_at": at(TODAY + timedelta(days=14), 0),
        "state": "applied",
        "made_at": NOW,
        "made_by": clinic.rosa,
        **fields,
    }
    return CoverPlan.objects.create(**wanted)


def booked_with_chen(clinic: SmallClinic, starts_at=TEN, client=None) -> Appointment:
    """Book a visit with Chen, who will not be there."""
    visit = book_visit(
        client or clinic.alice,
        clinic.follow_up,
        clinic.location,
        starts_at,
        practitioner=clinic.chen,
        by=clinic.rosa,
        override_reason="asked for it",
    )
    return fresh(visit)


def fresh(visit: Appointment) -> Appointment:
    """Return a visit as it stands."""
    return Appointment.objects.with_people().get(pk=visit.pk)


def kept_by_dora(visit: Appointment, clinic: SmallClinic) -> ToldStep:
    """Give a visit to Dora at its time."""
    clinic.dora.services.add(clinic.follow_up)
    was = standing_of(visit)
    Appointment.objects.filter(pk=visit.pk).update(
        practitioner=clinic.dora, version=F("version") + 1, changed_by_clinic=True
    )
    return ToldStep(fresh(visit), was)


def offered(
    visit: Appointment,
    plan: CoverPlan,
    clinic: SmallClinic,
    starts_at: datetime,
    *,
    practitioner=None,
    now: datetime = NOW,
    until: datetime = KEPT_UNTIL,
) -> ToldStep:
    """Keep another time for a visit, until `until`."""
    (practitioner or clinic.chen).services.add(clinic.follow_up)
    asked = wish(clinic.follow_up, clinic.location, starts_at, practitioner or clinic.chen)
    hold = place_hold(wish=asked, client=None, now=now)
    Appointment.objects.filter(pk=hold.pk).update(held_until=until)
    hold.reservations.update(held_until=until)
    offer = CoverOffer.objects.create(
        plan=plan,
        appointment=visit,
        version=visit.version,
        hold=hold,
        state=CoverOffer.State.OPEN,
        made_at=now,
        expires_at=until,
    )
    return ToldStep(visit, standing_of(visit), offer)


def tell(plan: CoverPlan, *steps: ToldStep, now: datetime = NOW) -> None:
    """Tell the clients of these steps."""
    tell_cover(plan=plan, steps=steps, now=now)
