"""What stands in the way of a visit, in words for the person who wanted it there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from bookings.selectors.clashes import Clash, Obstacle
from clinic.formatting import day, short_day, time_span
from clinic.models import User
from clinic.permissions import SEE_VISIT, may
from treatments.selectors.kept_limits import BrokenLimit


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the words, at which location's time, about a visit of whom."""

    user: User
    zone: ZoneInfo
    client: str


def clash_words(clashes: Sequence[Clash], reader: Reader) -> list[str]:
    """Return a sentence for each thing in the way.

    Whom a room or a practitioner is taken by is told to those who may see that visit.
    """
    return list(dict.fromkeys(_sentence(clash, reader) for clash in clashes))


def limit_words(limit: BrokenLimit) -> str:
    """Say which limit of the course is in the way."""
    if limit.paused:
        return _("The course is paused on that day.")
    if limit.neighbour is None:
        on = day(limit.ready_by) if limit.ready_by else ""
        return _("The course has to be done by %(day)s.") % {"day": on}
    said = {"day": short_day(limit.neighbour), "least": limit.least, "most": limit.most}
    if limit.neighbour_is_before:
        if limit.most is None:
            return _("At least %(least)s days after the session on %(day)s.") % said
        return _("It has to be %(least)s to %(most)s days after the session on %(day)s.") % said
    if limit.most is None:
        return _("At least %(least)s days before the session on %(day)s.") % said
    return _("It has to be %(least)s to %(most)s days before the session on %(day)s.") % said


def _sentence(clash: Clash, reader: Reader) -> str:
    said = {
        "who": clash.practitioner.name if clash.practitioner else "",
        "room": clash.room.name if clash.room else _("This room"),
        "client": reader.client,
        "day": day(clash.on),
        "span": _span(clash, reader.zone),
    }
    if clash.obstacle is Obstacle.OFF_DUTY:
        return _off_duty(clash, reader, said)
    words = _words()[clash.obstacle] % said
    other = _whose(clash, reader)
    return f"{words} ({other})." if other else f"{words}."


def _words() -> dict[Obstacle, str]:
    return {
        Obstacle.NO_SUCH_TIME: _("The clocks change in that hour; choose another time"),
        Obstacle.PAST: _("That time is over"),
        Obstacle.NOT_OFFERED: _("%(who)s does not offer this visit here"),
        Obstacle.NO_NEEDLING: _("%(client)s has a mark: no needling on %(day)s"),
        Obstacle.PAPERS: _("%(who)s is not qualified for this visit on %(day)s"),
        Obstacle.AWAY: _("%(who)s is away %(span)s"),
        Obstacle.HANDS: _("%(who)s is busy %(span)s"),
        Obstacle.LANES: _("%(who)s can't take one more client %(span)s"),
        Obstacle.CLIENT: _("%(client)s has another visit %(span)s"),
        Obstacle.ROOM_UNFIT: _("%(room)s does not serve this visit"),
        Obstacle.ROOM_CLOSED: _("%(room)s is closed %(span)s"),
        Obstacle.ROOM_TAKEN: _("%(room)s is taken %(span)s"),
        Obstacle.NO_ROOM: _("No room is free %(span)s"),
        Obstacle.NOTICE: _("That is inside the usual notice"),
        Obstacle.HORIZON: _("That is further ahead than visits are usually booked"),
    }


def _off_duty(clash: Clash, reader: Reader, said: dict[str, str]) -> str:
    if not clash.hours:
        return _("%(who)s does not work on %(day)s.") % said
    spans = [time_span(item.starts_at, item.ends_at, reader.zone) for item in clash.hours]
    said = {**said, "hours": _(" and ").join(spans)}
    return _("%(who)s works %(hours)s on %(day)s.") % said


def _span(clash: Clash, zone: ZoneInfo) -> str:
    during = clash.during
    if during is None:
        return ""
    if _date(during.starts_at, zone) == _date(during.ends_at, zone) == clash.on:
        return _("from %(span)s") % {"span": time_span(during.starts_at, during.ends_at, zone)}
    return _("on %(day)s") % {"day": day(clash.on)}


def _date(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _whose(clash: Clash, reader: Reader) -> str:
    visit = clash.visit
    if visit is None or clash.obstacle is Obstacle.CLIENT:
        return clash.time_off.name if clash.time_off and clash.room else ""
    if visit.client is None:
        return _("being booked")
    return visit.client.name if may(reader.user, SEE_VISIT, visit) else ""
