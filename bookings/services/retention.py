"""Set how long the client of one visit rests under needles.

    before   insertion |20| rest |25      | removal |15|
    after    insertion |20| rest |35            | removal |15|      hands, lane, room follow

The start, the practitioner and the room stay. The visit's version does not rise, and nothing
is sent: what a client was told of it, the start, is as true as before.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.domain.lifecycle import OPEN
from bookings.domain.needling import (
    RETENTION_MINUTES,
    Stage,
    retention_minutes,
    with_retention,
)
from bookings.domain.segments import Takings, shape_of, takings
from bookings.models import Appointment, Reservation, RetentionChange
from bookings.refusals import SlotTaken
from bookings.services.needling import needling_of, stage_now
from bookings.services.recording import lock_visit
from bookings.services.reserving import (
    Wanted,
    as_interval,
    close_gaps,
    lock_and_clear,
    reserve,
    resources_of,
    wanted_by,
)
from clinic.domain.intervals import Interval
from clinic.domain.roster import stretches
from clinic.domain.segments import to_json
from clinic.formatting import minutes_words, time_of_day, time_span
from clinic.models import Lane, User
from clinic.permissions import RECORD_STATUS, require
from clinic.refusals import AlreadyChanged, Refusal
from clinic.selectors.catalogue import catalogue
from clinic.services.transactions import in_one_transaction


class RetentionNotPossible(Refusal):
    """The visit can't rest that long."""

    code = "retention_not_possible"
    message = gettext_lazy("A visit rests 15 to 40 minutes, in steps of 5.")


@in_one_transaction
def set_retention(
    *, appointment: Appointment, minutes: int, by: User, now: datetime
) -> Appointment:
    """Set the minutes of rest of one visit, until its needles are removed.

    Asking for what it has changes nothing. All that the visit has reserved is locked, then its
    row. Raises `RetentionNotPossible`, `SlotTaken` with what is in the way, `AlreadyChanged` or
    `NotAllowed`. Needs `practitioner`, `client`, `service`, `room` and `location` loaded.
    """
    require(by, RECORD_STATUS, appointment)
    before = retention_minutes(appointment.plan)
    if before is None:
        raise RetentionNotPossible(_("This visit has no rest to set."))
    if minutes == before:
        return appointment
    if minutes not in RETENTION_MINUTES:
        raise RetentionNotPossible
    parts = _parts(appointment, minutes)
    lock_and_clear(resources_of(appointment), parts.whole, now)
    lock_visit(appointment)
    _check_stage(appointment, minutes, before, now)
    if minutes > before:
        _check_roster(appointment, parts.client)
    _reserve_anew(appointment, parts)
    _write(appointment, minutes, parts)
    RetentionChange.objects.create(
        appointment=appointment, before_minutes=before, minutes=minutes, at=now, by=by
    )
    return appointment


def _parts(appointment: Appointment, minutes: int) -> Takings:
    try:
        plan = with_retention(appointment.plan, minutes)
    except ValueError as error:
        raise RetentionNotPossible from error
    return takings(shape_of(plan, all_lanes=False), appointment.starts_at)


def _check_stage(appointment: Appointment, minutes: int, before: int, now: datetime) -> None:
    if appointment.state_now not in OPEN:
        raise AlreadyChanged
    needling = needling_of(appointment)
    stage = stage_now(needling)
    if stage in (Stage.OUT, Stage.UNEQUAL):
        raise RetentionNotPossible(_("The needles of this visit are out already."))
    if needling is None:
        return
    rested = (now - needling.in_at) // timedelta(minutes=1)
    if minutes < before and timedelta(minutes=minutes) < now - needling.in_at:
        raise RetentionNotPossible(
            _("The needles have been in for %(length)s already. Remove them now instead.")
            % {"length": minutes_words(rested)}
        )


def _check_roster(appointment: Appointment, client: Interval) -> None:
    # Nobody lies under needles once the practitioner has gone home.
    facts = catalogue().practitioners.get(appointment.practitioner_id)
    roster = facts.rosters.get(appointment.location_id) if facts is not None else None
    zone = appointment.location_zone
    first = client.starts_at.astimezone(zone).date()
    end = client.ends_at.astimezone(zone).date() + timedelta(days=1)
    at_work = stretches(roster, zone, first, end) if roster is not None else []
    mine = [item for item in at_work if item.starts_at <= client.starts_at < item.ends_at]
    if mine and client.ends_at <= mine[0].ends_at:
        return
    if not mine:
        raise SlotTaken(_("The visit would end after working hours."))
    raise SlotTaken(
        _("The visit would end at %(end)s, after working hours, which end at %(over)s.")
        % {
            "end": time_of_day(client.ends_at, zone),
            "over": time_of_day(mine[0].ends_at, zone),
        }
    )


def _reserve_anew(appointment: Appointment, parts: Takings) -> None:
    assert appointment.client is not None
    rows = Reservation.objects.filter(appointment=appointment)
    had = [
        Wanted(resource_id, as_interval(during))
        for resource_id, during in rows.values_list("resource_id", "during")
    ]
    own = {item.resource_id for item in had}
    lanes = Lane.objects.filter(practitioner_id=appointment.practitioner_id, resource_id__in=own)
    wanted = wanted_by(
        parts,
        hands_id=appointment.practitioner.resource_id,
        lane_ids=lanes.order_by("number").values_list("resource_id", flat=True),
        room_id=appointment.room.resource_id,
        client_id=appointment.client.resource_id,
    )
    had += _take_back_from_time_off(had, appointment.practitioner.resource_id)
    _refuse_what_is_in_the_way(appointment, wanted)
    rows.delete()
    reserve(wanted, appointment=appointment)
    close_gaps(had)


def _take_back_from_time_off(had: Sequence[Wanted], hands_id: int) -> list[Wanted]:
    """Let go of what time off took between two hands-on blocks of the visit.

    Time off over a booked visit took all around it. Its client is here all the same, and the
    removal may come sooner; what stays free goes back to the time off.
    """
    own = [item.during for item in had if item.resource_id == hands_id]
    span = Interval(min(own).starts_at, max(own).ends_at)
    rows = Reservation.objects.of_resources([hands_id]).overlapping(span)
    between = rows.filter(time_off__isnull=False)
    freed = [
        Wanted(hands_id, as_interval(during)) for during in between.values_list("during", flat=True)
    ]
    between.delete()
    return freed


def _refuse_what_is_in_the_way(appointment: Appointment, wanted: Sequence[Wanted]) -> None:
    whole = Interval(
        min(item.during.starts_at for item in wanted), max(item.during.ends_at for item in wanted)
    )
    taken = (
        Reservation.objects.of_resources({item.resource_id for item in wanted})
        .overlapping(whole)
        .exclude(appointment=appointment)
        .select_related("appointment__room")
    )
    in_the_way = [
        (as_interval(row.during), item.resource_id, row)
        for row in taken
        for item in wanted
        if row.resource_id == item.resource_id and _meet(as_interval(row.during), item.during)
    ]
    if in_the_way:
        # The room or the hands say more than the lane that is taken with them.
        order = _what_tells_most(appointment)
        first = min(in_the_way, key=lambda found: (order.get(found[1], 2), found[0]))
        raise SlotTaken(_in_words(appointment, *first))


def _what_tells_most(appointment: Appointment) -> dict[int, int]:
    return {appointment.practitioner.resource_id: 0, appointment.room.resource_id: 1}


def _meet(one: Interval, other: Interval) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _in_words(appointment: Appointment, taken: Interval, resource_id: int, row: Reservation) -> str:
    """Say what is in the way: times and rooms, nobody's name."""
    assert appointment.client is not None
    said = {
        "span": time_span(taken.starts_at, taken.ends_at, appointment.location_zone),
        "who": appointment.practitioner.name,
        "room": appointment.room.name,
        "other": row.appointment.room.name if row.appointment is not None else "",
    }
    if resource_id == appointment.room.resource_id:
        if row.appointment is None:
            return _("%(room)s is closed from %(span)s.") % said
        return _("%(room)s is taken from %(span)s by another visit.") % said
    if resource_id == appointment.client.resource_id:
        return _("The client has another visit from %(span)s.") % said
    if row.appointment is None:
        return _("%(who)s is away from %(span)s.") % said
    if resource_id == appointment.practitioner.resource_id:
        return _("%(who)s has hands on another visit from %(span)s, in %(other)s.") % said
    return _("%(who)s has another visit from %(span)s, in %(other)s, and no place left.") % said


def _write(appointment: Appointment, minutes: int, parts: Takings) -> None:
    read = appointment.segments
    segments = to_json(with_retention(appointment.plan, minutes))
    changed = Appointment.objects.filter(
        pk=appointment.pk,
        state=appointment.state,
        version=appointment.version,
        segments=read,
    ).update(segments=segments, ends_at=parts.client.ends_at)
    if not changed:
        raise AlreadyChanged
    appointment.segments = segments
    appointment.ends_at = parts.client.ends_at
