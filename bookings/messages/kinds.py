"""The kinds of messages about a visit, and when each is still wanted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.domain.lifecycle import State
from bookings.domain.reminders import Reminder
from bookings.domain.telling import Telling
from bookings.messages.writing import VisitNow, write
from bookings.models import Appointment
from bookings.selectors.uncertain import uncertain_among
from clinic import formatting
from clinic.messaging.registry import (
    Answer,
    Described,
    Dropped,
    Mail,
    Skipped,
    Text,
    Wanted,
    register,
    register_topic,
)
from clinic.models import Message, Purpose

VISIT = "visit"
"""What messages about one visit are about, by its pk."""

REMINDER_KINDS = {
    Reminder.FIRST: "visit_first",
    Reminder.EARLY: "visit_early",
    Reminder.LAST: "visit_last",
}


UNCERTAIN = gettext_lazy("The visit will hardly take place as it is booked.")


@dataclass(frozen=True, slots=True)
class VisitKind:
    """A message about a visit as it stood at the row's version."""

    name: str
    label: str | Promise
    state: State = State.BOOKED
    keeps_quiet: bool = False
    purpose: Purpose = Purpose.SERVICE

    def wanted(self, messages: Sequence[Message], now: datetime) -> Mapping[int, Answer]:
        """Say whether each is still true; three queries."""
        ids = {message.about_id for message in messages}
        visits = Appointment.objects.prefetch_related("location", "service").in_bulk(ids)
        return {row.pk: self._answer(row, visits.get(row.about_id), now) for row in messages}

    def render(self, message: Message, about: object) -> Mail | Text:
        """Write it for its channel; no queries."""
        assert isinstance(about, VisitNow)
        return write(message, about, with_calendar=not self.keeps_quiet)

    def _answer(self, message: Message, visit: Appointment | None, now: datetime) -> Answer:
        if visit is None or visit.client_id != message.client_id:
            return Dropped(gettext_lazy("The visit is not this client’s any more."))
        if visit.version != message.about_version or visit.state != self.state:
            return Dropped(gettext_lazy("The visit has changed since."))
        if now >= visit.starts_at:
            return Skipped(gettext_lazy("The visit’s time has come."))
        return Wanted(VisitNow(visit, now))


class ReminderKind(VisitKind):
    """A reminder; it waits for the morning, but not longer than its row says."""

    __slots__ = ()

    def wanted(self, messages: Sequence[Message], now: datetime) -> Mapping[int, Answer]:
        """Say whether each is still true, and the visit likely to take place; five queries."""
        answers = super().wanted(messages, now)
        uncertain = uncertain_among(
            [row.about_id for row in messages if isinstance(answers[row.pk], Wanted)]
        )
        return {
            row.pk: Dropped(UNCERTAIN) if row.about_id in uncertain else answers[row.pk]
            for row in messages
        }

    def _answer(self, message: Message, visit: Appointment | None, now: datetime) -> Answer:
        answer = super()._answer(message, visit, now)
        if not isinstance(answer, Wanted):
            return answer
        until = message.details.get("until")
        if until and now > datetime.fromisoformat(until):
            return Skipped(gettext_lazy("Too late to be of use."))
        if self.name == REMINDER_KINDS[Reminder.LAST] and visit and visit.is_promised:
            return Dropped(gettext_lazy("The client has said “I’ll be there”."))
        return answer


class VisitTopic:
    """Says for staff which visit a message is about."""

    def describe(self, ids: Collection[int]) -> Mapping[int, Described]:
        """Describe visits by their pk; one query."""
        visits = Appointment.objects.select_related("location", "practitioner").in_bulk(list(ids))
        return {pk: _described(visit) for pk, visit in visits.items()}


def _described(visit: Appointment) -> Described:
    words = _("%(when)s with %(name)s") % {
        "when": formatting.when(visit.starts_at, visit.location_zone),
        "name": visit.practitioner.name,
    }
    return Described(words, reverse("visit", args=[visit.public_id]), visit.version)


KINDS = (
    VisitKind(Telling.BOOKED, gettext_lazy("Visit booked")),
    VisitKind(Telling.MOVED, gettext_lazy("Visit moved")),
    VisitKind(Telling.CANCELLED, gettext_lazy("Visit cancelled"), state=State.CANCELLED),
    ReminderKind(
        REMINDER_KINDS[Reminder.FIRST],
        gettext_lazy("Before a first visit"),
        keeps_quiet=True,
    ),
    ReminderKind(REMINDER_KINDS[Reminder.EARLY], gettext_lazy("First reminder"), keeps_quiet=True),
    ReminderKind(REMINDER_KINDS[Reminder.LAST], gettext_lazy("Second reminder"), keeps_quiet=True),
)


def register_messages() -> None:
    """Make the kinds known. Calling twice changes nothing."""
    for kind in KINDS:
        register(kind)
    register_topic(VISIT, VisitTopic())
