"""Whether anything happened on a day: a stamp that a page compares, much cheaper than the day."""

from datetime import date, datetime
from hashlib import blake2s

from bookings.domain.lifecycle import State
from bookings.selectors.days import visits_seen_by
from clinic.domain.roster import day_bounds
from clinic.models import User
from clinic.selectors.catalogue import Catalogue, LocationFacts

STAMPED = (
    "pk",
    "state",
    "version",
    "starts_at",
    "ends_at",
    "room_id",
    "practitioner_id",
    "promised_version",
    "needling__in_count",
    "needling__in_at",
    "needling__out_count",
    "needling__out_at",
    "needling__searched_at",
)


def day_stamp(
    *, snapshot: Catalogue, location: LocationFacts, on: date, user: User, now: datetime
) -> str:
    """Return what is another one whenever the day of a location looks otherwise, in one query.

    Another one each minute too, since the page says how long something takes; so what it does
    not read (a client's name, a closure) shows a minute late at most.
    """
    bounds = day_bounds(location.zone, on)
    visits = (
        visits_seen_by(user)
        .filter(
            location_id=location.id, starts_at__gte=bounds.starts_at, starts_at__lt=bounds.ends_at
        )
        .exclude(state=State.EXPIRED)
        .order_by("pk")
        .values_list(*STAMPED)
    )
    minute = int(now.timestamp()) // 60
    seen = repr((minute, snapshot.version, user.is_desk, [tuple(map(str, row)) for row in visits]))
    return blake2s(seen.encode(), digest_size=12).hexdigest()
