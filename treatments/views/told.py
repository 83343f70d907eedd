"""What a client was told, for the pages of a visit and of a client."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from bookings.messages.kinds import VISIT
from bookings.models import Appointment
from clinic.formatting import when
from clinic.messaging.registry import Described
from clinic.models import Client, Purpose, User
from clinic.selectors.messages import told_to
from clinic.selectors.reach import Channel, Reach, reach_of
from clinic.views.message_rows import MessageRow, message_rows, told_rows
from treatments.selectors.courses import CourseView
from treatments.selectors.told import told_about, told_of


@dataclass(frozen=True, slots=True)
class ReachLine:
    """How a client may be reached, in one line; `is_trouble` where somebody should act."""

    words: str
    is_trouble: bool


def told_of_visit(visit: Appointment, now: datetime) -> list[MessageRow]:
    """Return what was said of a visit and of its course, the newest first. Two queries."""
    itself = Described("", "", visit.version)
    return told_rows(told_of(visit), now, {(VISIT, visit.pk): itself})


def told_to_client(client: Client, by: User, now: datetime) -> list[MessageRow]:
    """Return the newest messages to a client; a query more for each sort of thing."""
    return message_rows(told_to(client.pk), by, now)


def told_in_care(
    visits: Sequence[Appointment], courses: Sequence[CourseView], by: User, now: datetime
) -> list[MessageRow]:
    """Return the newest messages about these visits and courses of one client, for `by`."""
    found = told_about(visits, [view.course.pk for view in courses])
    return message_rows(found, by, now)


def reach_line(client: Client) -> ReachLine:
    """Say by which channels a client is told, and which addresses are dead. Two queries."""
    reach = reach_of([client])[client.pk]
    channels = reach.channels(Purpose.SERVICE)
    visits = _visits(channels)
    recall = _recall(reach.channels(Purpose.RECALL))
    words = " ".join([*_dead(reach), visits, recall])
    return ReachLine(words, is_trouble=bool(reach.dead) or not channels)


def promise_words(visit: Appointment) -> str:
    """Say when a client has promised to come to the visit as it stands; empty without."""
    if not visit.is_promised or visit.promised_at is None:
        return ""
    said = {"when": when(visit.promised_at, ZoneInfo(visit.location.zone))}
    return _("Said “I’ll be there”, %(when)s") % said


def _visits(channels: tuple[Channel, ...]) -> str:
    if not channels:
        return _("No message about visits can go out: please call.")
    return _("About visits: by %(channels)s.") % {"channels": _named(channels)}


def _recall(channels: tuple[Channel, ...]) -> str:
    if not channels:
        return _("About maintenance: nothing.")
    return _("About maintenance: by %(channels)s.") % {"channels": _named(channels)}


def _named(channels: tuple[Channel, ...]) -> str:
    return _(" and ").join(str(channel.label) for channel in channels)


def _dead(reach: Reach) -> list[str]:
    words = {
        Channel.EMAIL: _("The e-mail address gives messages back."),
        Channel.SMS: _("The phone number takes no text messages."),
    }
    return [words[channel] for channel in Channel if channel in reach.dead]
