"""Put clients whose visits can't be as they are onto reception's call list."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from bookings.messages.kinds import VISIT
from bookings.models import Appointment
from clinic.models import CallEntry
from treatments.models import CoverOffer, CoverPlan


def call_for_cover(visits: Iterable[Appointment], plan: CoverPlan, now: datetime) -> None:
    """Ask reception to find a time for visits with their clients; once a plan and visit."""
    reason = CallEntry.Reason.COVER
    _write(_entry(visit, reason, f"plan{plan.pk}", now) for visit in visits)


def call_unanswered(offers: Iterable[CoverOffer], now: datetime) -> None:
    """Ask reception to call whoever did not take an offered time; once an offer.

    The call that told of the offer is ticked off. Needs `appointment` loaded.
    """
    offers = list(offers)
    told = CallEntry.objects.filter(
        reason=CallEntry.Reason.OFFERED,
        about=VISIT,
        about_id__in=[offer.appointment_id for offer in offers],
        settled_at=None,
    )
    told.update(settled_at=now, note=_("The offered time is not kept any more."))
    reason = CallEntry.Reason.UNANSWERED
    _write(_entry(offer.appointment, reason, f"offer{offer.pk}", now) for offer in offers)


def _entry(visit: Appointment, reason: CallEntry.Reason, source: str, now: datetime) -> CallEntry:
    assert visit.client_id is not None
    return CallEntry(
        # A visit may be offered another time twice, and be called about each time.
        dedupe_key=f"{reason}:{VISIT}:{visit.pk}:{visit.version}:{source}",
        client_id=visit.client_id,
        location_id=visit.location_id,
        reason=reason,
        about=VISIT,
        about_id=visit.pk,
        about_version=visit.version,
        created_at=now,
        call_by=visit.starts_at,
    )


def _write(entries: Iterable[CallEntry]) -> None:
    CallEntry.objects.bulk_create(entries, ignore_conflicts=True)
