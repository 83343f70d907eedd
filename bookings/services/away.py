"""Time off of a practitioner: look at what it breaks, then take just that; end it early."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment, TimeOff
from bookings.selectors.breaking import broken_by_time_off
from bookings.services.previews import PreviewChanged, mark_of
from bookings.services.time_off import as_it_stands, end_time_off, lock_time_off, take_time_off
from clinic.domain.intervals import Interval
from clinic.models import User
from clinic.permissions import TAKE_TIME_OFF, require
from clinic.refusals import Refusal
from clinic.services.transactions import in_one_transaction

GRID = timedelta(minutes=5)


class TimeOffOver(Refusal):
    """Time off that is over already changes nothing."""

    message = _("That time is over already. Choose a later end.")


@dataclass(frozen=True, slots=True)
class AwayPreview:
    """Time off as it would be, and the booked visits inside it that were not before.

    `seen` is the mark of all that, which taking it asks for.
    """

    time_off: TimeOff
    broken: tuple[Appointment, ...]
    seen: str


def preview_time_off(*, time_off: TimeOff, by: User, now: datetime) -> AwayPreview:
    """Say which visits time off (new or changed) would have in its way. Nothing is changed.

    Raises `TimeOffOver`, or `AlreadyChanged` if it was ended meanwhile. Two queries.
    """
    require(by, TAKE_TIME_OFF, time_off)
    if time_off.ends_at <= now:
        raise TimeOffOver
    stored = as_it_stands(time_off) if time_off.pk else None
    before = Interval(stored.starts_at, stored.ends_at) if stored else None
    broken = broken_by_time_off(time_off, before, now)
    wanted = (time_off.practitioner_id, time_off.kind, time_off.starts_at, time_off.ends_at)
    mark = mark_of(time_off.pk, wanted, before, visits=broken)
    return AwayPreview(time_off, tuple(broken), mark)


@in_one_transaction
def take_time_off_as_seen(*, time_off: TimeOff, seen: str, by: User, now: datetime) -> AwayPreview:
    """Take time off just as it was looked at; a second time it takes nothing more.

    Raises `PreviewChanged` if other visits are inside it than were seen, and what
    `preview_time_off` raises.
    """
    require(by, TAKE_TIME_OFF, time_off)
    lock_time_off(time_off)
    preview = preview_time_off(time_off=time_off, by=by, now=now)
    if _is_taken(time_off):
        return preview
    if preview.seen != seen:
        raise PreviewChanged
    take_time_off(time_off=time_off, by=by)
    return preview


@in_one_transaction
def stop_time_off(*, time_off: TimeOff, by: User, now: datetime) -> None:
    """End time off: what has begun ends now, on the grid; what lies ahead is deleted."""
    require(by, TAKE_TIME_OFF, time_off)
    lock_time_off(time_off)
    stored = as_it_stands(time_off)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ends_at = midnight - (midnight - now) // GRID * GRID
    if stored.starts_at >= ends_at:
        end_time_off(time_off=stored, by=by)
    elif ends_at < stored.ends_at:
        stored.ends_at = ends_at
        take_time_off(time_off=stored, by=by)


def _is_taken(time_off: TimeOff) -> bool:
    same = TimeOff.objects.filter(
        kind=time_off.kind,
        practitioner=time_off.practitioner_id,
        starts_at=time_off.starts_at,
        ends_at=time_off.ends_at,
    )
    return same.exists()
