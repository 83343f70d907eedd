"""How many clients a practitioner may have in treatment at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from bookings.domain.lifecycle import RESERVING
from bookings.domain.segments import Takings, shape_of, takings
from bookings.models import Appointment, Reservation
from bookings.refusals import SlotTaken
from bookings.services.reserving import (
    Wanted,
    close_gaps,
    reserve,
)
from clinic.domain.intervals import Interval
from clinic.models import Lane, Practitioner, User
from clinic.permissions import PLAN_TIME_OFF, require
from clinic.refusals import Refusal
from clinic.services.locking import lock_resources
from clinic.services.transactions import in_one_transaction


class LanesNeeded(Refusal):
    """Visits booked already lie side by side; `in_the_way` are those that do not fit."""

    code = "lanes_needed"
    status = 409
    message = _("Visits that are booked already need more places at once.")

    def __init__(self, in_the_way: Sequence[Appointment]) -> None:
        super().__init__()
        self.in_the_way = list(in_the_way)


@in_one_transaction
def set_lanes(*, practitioner: Practitioner, lanes: int, by: User, now: datetime) -> None:
    """Give a practitioner `lanes` places and re-reserve future visits accordingly.

    All lanes are locked. Visits keep their times; each takes the lowest lane free for
    it, or all. If they do not fit, nothing changes and `LanesNeeded` lists those in the way.
    """
    require(by, PLAN_TIME_OFF)
    if lanes < 1:
        raise ValueError("a practitioner has at least one lane")
    ids = _lane_ids(practitioner)
    lock_resources([practitioner.resource_id, *ids])
    visits = _visits_ahead(practitioner, now)
    running = [visit for visit in visits if visit.starts_at <= now]
    _drop_expired_holds(ids, now)
    ahead = [visit for visit in visits if visit.starts_at > now]
    Reservation.objects.of_resources(ids).filter(appointment__in=ahead).delete()
    ids = _make_lanes(practitioner, lanes)
    busy_until = _stay_in_their_lanes(running, ids)
    _share_out(ahead, ids, busy_until)
    _fill_time_off(practitioner, ids, visits, now)


def lanes_for(practitioner: Practitioner, during: Interval, *, alone: bool) -> list[int]:
    """Return the lanes (resource ids) that a visit may take: one that is free, or all.

    Raises `SlotTaken` if none is free. The lanes are locked.
    """
    ids = _lane_ids(practitioner)
    rows = Reservation.objects.of_resources(ids).overlapping(during)
    taken = set(rows.values_list("resource_id", flat=True))
    free = [lane_id for lane_id in ids if lane_id not in taken]
    if not free or (alone and len(free) < len(ids)):
        raise SlotTaken
    return free if alone else free[:1]


def _lane_ids(practitioner: Practitioner) -> list[int]:
    lanes = Lane.objects.filter(practitioner=practitioner).order_by("number")
    return list(lanes.values_list("resource_id", flat=True))


def _visits_ahead(practitioner: Practitioner, now: datetime) -> list[Appointment]:
    return list(
        Appointment.objects.filter(practitioner=practitioner, state__in=RESERVING, ends_at__gt=now)
        .exclude(held_until__lte=now)
        .select_related("client", "service")
        .order_by("starts_at", "pk")
    )


def _drop_expired_holds(lane_ids: Sequence[int], now: datetime) -> None:
    # The sweeper takes the rest of such a hold; here it must not stand in the way.
    Reservation.objects.of_resources(lane_ids).filter(held_until__lte=now).delete()


def _make_lanes(practitioner: Practitioner, lanes: int) -> list[int]:
    rows = Lane.objects.filter(practitioner=practitioner)
    have = rows.aggregate(most=Max("number"))["most"] or 0
    for number in range(have + 1, lanes + 1):
        Lane.objects.create(practitioner=practitioner, number=number)
    for lane in rows.filter(number__gt=lanes):
        _retire(lane)
    return _lane_ids(practitioner)


def _retire(lane: Lane) -> None:
    # Past visits keep their reservations, and so their resource; the lane itself goes.
    Reservation.objects.of_resources([lane.resource_id]).filter(time_off__isnull=False).delete()
    lane.delete()


def _parts(visit: Appointment) -> tuple[Takings, bool]:
    alone = not visit.service.may_overlap or (
        visit.client is not None and visit.client.never_overlap
    )
    return takings(shape_of(visit.plan, all_lanes=alone), visit.starts_at), alone


def _stay_in_their_lanes(
    running: Iterable[Appointment], lane_ids: Sequence[int]
) -> dict[int, datetime]:
    # Who lies in treatment now stays; a visit that may not overlap takes new lanes too.
    busy_until: dict[int, datetime] = {}
    for visit in running:
        parts, alone = _parts(visit)
        rows = visit.reservations.filter(resource_id__in=lane_ids)
        have = set(rows.values_list("resource_id", flat=True))
        if not have:
            raise LanesNeeded([visit])
        missing = [lane_id for lane_id in lane_ids if alone and lane_id not in have]
        reserve([Wanted(lane_id, parts.client) for lane_id in missing], appointment=visit)
        busy_until |= dict.fromkeys([*have, *missing], visit.ends_at)
    return busy_until


def _share_out(
    visits: Iterable[Appointment], lane_ids: Sequence[int], busy_until: dict[int, datetime]
) -> None:
    # In order of start the lowest free lane is enough: intervals need no more lanes
    # than lie side by side at one moment.
    in_the_way = []
    for visit in visits:
        parts, alone = _parts(visit)
        free = [
            lane_id
            for lane_id in lane_ids
            if lane_id not in busy_until or busy_until[lane_id] <= visit.starts_at
        ]
        if not free or (alone and len(free) < len(lane_ids)):
            in_the_way.append(visit)
            continue
        for lane_id in free if alone else free[:1]:
            busy_until[lane_id] = parts.client.ends_at
            reserve([Wanted(lane_id, parts.client)], appointment=visit, held_until=visit.held_until)
    if in_the_way:
        raise LanesNeeded(in_the_way)


def _fill_time_off(
    practitioner: Practitioner,
    lane_ids: Sequence[int],
    visits: Iterable[Appointment],
    now: datetime,
) -> None:
    ends = [visit.ends_at for visit in visits]
    ends += practitioner.time_off.filter(ends_at__gt=now).values_list("ends_at", flat=True)
    if ends and max(ends) > now:
        whole = Interval(now, max(ends))
        close_gaps([Wanted(lane_id, whole) for lane_id in lane_ids])
