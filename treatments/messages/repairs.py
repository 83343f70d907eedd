"""The message about new dates that are kept for a client until they answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.messaging.links import Act, link_url
from clinic.messaging.registry import Answer, Described, Dropped, Mail, Text, Wanted
from clinic.models import Message, Purpose
from treatments.messages.writing import Line, short_words, when_words, words_to_client, written
from treatments.models import Repair

REPAIR = "repair"
"""What messages about a proposal are about, by its pk; the version is its course's."""

REPAIR_PROPOSED = "repair_proposed"


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal when a message about it is written, with its course and place."""

    repair: Repair
    now: datetime


class ProposedKind:
    """New dates that are kept: take them, choose others, or call."""

    name = REPAIR_PROPOSED
    label = gettext_lazy("New dates proposed")
    purpose = Purpose.SERVICE
    keeps_quiet = False

    def wanted(self, messages: Sequence[Message], now: datetime) -> Mapping[int, Answer]:
        """Say whether each still waits for an answer; one query."""
        ids = {message.about_id for message in messages}
        repairs = Repair.objects.select_related("course__location").in_bulk(ids)
        return {row.pk: _answer(row, repairs.get(row.about_id), now) for row in messages}

    def render(self, message: Message, about: object) -> Mail | Text:
        """Write it for its channel; no queries."""
        assert isinstance(about, Proposed)
        repair, now = about.repair, about.now
        assert repair.expires_at is not None
        place = repair.course.location
        zone = ZoneInfo(place.zone)
        lines = [
            Line(
                when_words(step.starts_at, zone, now),
                when_words(step.was, zone, now) if step.was else "",
                step.was == step.starts_at,
            )
            for step in repair.planned.steps
        ]
        new = [step.starts_at for step in repair.planned.steps if step.was is None]
        own_page = reverse("my-repair", args=[repair.public_id])
        words = words_to_client(message, place, now) | {
            "lines": lines,
            "is_one": len(lines) == 1,
            "short_when": short_words(min(new), zone),
            "kept_until": when_words(repair.expires_at, zone, now),
            "accept_url": link_url(Act.REPAIR, repair.pk, repair.course_version, repair.expires_at),
            "choose_url": settings.SITE_URL + own_page,
        }
        return written(message, words)


class RepairTopic:
    """Says for staff which proposal a message or a call is about."""

    def describe(self, ids: Collection[int]) -> Mapping[int, Described]:
        """Describe proposals by their pk; one query."""
        rows = Repair.objects.select_related("course").in_bulk(list(ids))
        return {pk: _described(repair) for pk, repair in rows.items()}


def _described(repair: Repair) -> Described:
    words = _("New dates for %(name)s, session %(number)s") % {
        "name": repair.course.name,
        "number": repair.number,
    }
    return Described(words, reverse("course", args=[repair.course.public_id]))


def _answer(message: Message, repair: Repair | None, now: datetime) -> Answer:
    if repair is None or repair.course.client_id != message.client_id:
        return Dropped(gettext_lazy("The visits are not this client’s any more."))
    is_open = repair.state == Repair.State.OPEN and repair.expires_at and repair.expires_at > now
    if not is_open or repair.course.version != message.about_version:
        return Dropped(gettext_lazy("The proposal is settled."))
    return Wanted(Proposed(repair, now))
