"""The messages that ask a client back: inside a course, and when maintenance is due."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import formatting
from clinic.messaging.links import Act, link_url, stop_headers, stop_url
from clinic.messaging.registry import Answer, Described, Dropped, Mail, Skipped, Text, Wanted
from clinic.models import Message, Purpose
from treatments.domain.maintenance import MaintenanceState
from treatments.domain.recalls import Recall
from treatments.messages.courses import NOT_THEIRS
from treatments.messages.writing import STOP_DAYS, words_to_client, written
from treatments.models import Course, Maintenance
from treatments.selectors.drifting import overdue_courses
from treatments.selectors.maintenance import MaintenanceView, maintenance_views

GAP = "course_gap"
"""What messages about a course without a next visit are about, by the course's pk.

The version is the day of the last visit, so that each gap is spoken of once.
"""

MAINTENANCE = "maintenance"
"""What recalls are about, by its pk; the version is the day on which the next visit is due."""

COURSE_OVERDUE = "course_overdue"
RECALL_KINDS = {
    Recall.BEFORE: "recall_before",
    Recall.DUE: "recall_due",
    Recall.AFTER: "recall_after",
}
LINK_DAYS = timedelta(days=60)
"""How long the link of a recall is good."""


@dataclass(frozen=True, slots=True)
class CourseWaits:
    """A course without a next visit when a message about it is written, with `location`."""

    course: Course
    now: datetime


class OverdueKind:
    """We have missed you: no next visit of a course is booked, and it is time."""

    name = COURSE_OVERDUE
    label = gettext_lazy("We have missed you")
    purpose = Purpose.SERVICE
    keeps_quiet = True

    def wanted(self, messages: Sequence[Message], now: datetime) -> Mapping[int, Answer]:
        """Say whether each course waits still; four queries."""
        ids = {message.about_id for message in messages}
        waiting = {item.course_id: item for item in overdue_courses(now, among=ids)}
        courses = Course.objects.select_related("location").in_bulk(list(waiting))
        answers: dict[int, Answer] = {}
        for row in messages:
            item, course = waiting.get(row.about_id), courses.get(row.about_id)
            if item is None or course is None or item.last_date.toordinal() != row.about_version:
                answers[row.pk] = Dropped(gettext_lazy("The course does not wait any more."))
            elif course.client_id != row.client_id:
                answers[row.pk] = Dropped(NOT_THEIRS)
            else:
                answers[row.pk] = Wanted(CourseWaits(course, now))
        return answers

    def render(self, message: Message, about: object) -> Mail | Text:
        """Write it for its channel; no queries."""
        assert isinstance(about, CourseWaits)
        page = reverse("my-course-missing", args=[about.course.public_id])
        words = words_to_client(message, about.course.location, about.now)
        return written(message, words | {"find_url": settings.SITE_URL + page})


@dataclass(frozen=True, slots=True)
class RecallKind:
    """A next visit is due by the client's own rhythm; consent for recalls is its own."""

    name: str
    label: str | Promise
    purpose: Purpose = Purpose.RECALL
    keeps_quiet: bool = True

    def wanted(self, messages: Sequence[Message], now: datetime) -> Mapping[int, Answer]:
        """Say whether each is due still, with no visit ahead; three queries."""
        ids = {message.about_id for message in messages}
        rows = Maintenance.objects.select_related("location").filter(pk__in=ids, ended_at=None)
        views = {view.row.pk: view for view in maintenance_views(rows, now)}
        return {row.pk: _recall_answer(row, views.get(row.about_id), now) for row in messages}

    def render(self, message: Message, about: object) -> Mail | Text:
        """Write it for its channel; no queries."""
        assert isinstance(about, RecallNow)
        view, now = about.view, about.now
        assert message.client is not None
        client_id, expires = message.client.pk, now + STOP_DAYS
        email = Message.Channel.EMAIL
        with_year = view.due_date.year != view.today.year
        due = formatting.day_and_year(view.due_date) if with_year else formatting.day(view.due_date)
        words = words_to_client(message, view.row.location, now) | {
            "due": due,
            "short_due": formatting.short_day(view.due_date),
            "find_url": link_url(Act.RECALL, view.row.pk, 0, now + LINK_DAYS),
            "stop_link": stop_url(client_id, Purpose.RECALL, email, expires),
        }
        return written(message, words, headers=stop_headers(client_id, expires))


@dataclass(frozen=True, slots=True)
class RecallNow:
    """A maintenance as it stands when a recall is written."""

    view: MaintenanceView
    now: datetime


class MaintenanceTopic:
    """Says for staff whose maintenance a recall is about."""

    def describe(self, ids: Collection[int]) -> Mapping[int, Described]:
        """Describe maintenance by its pk; one query."""
        rows = Maintenance.objects.select_related("service").in_bulk(list(ids))
        return {
            pk: Described(
                _("Maintenance: %(service)s") % {"service": row.service.name},
                reverse("maintenance-edit", args=[row.public_id]),
            )
            for pk, row in rows.items()
        }


RECALLS = (
    RecallKind(RECALL_KINDS[Recall.BEFORE], gettext_lazy("Maintenance, before it is due")),
    RecallKind(RECALL_KINDS[Recall.DUE], gettext_lazy("Maintenance, on the day")),
    RecallKind(RECALL_KINDS[Recall.AFTER], gettext_lazy("Maintenance, after it was due")),
)


def _recall_answer(message: Message, view: MaintenanceView | None, now: datetime) -> Answer:
    if view is None or view.row.client_id != message.client_id:
        return Dropped(gettext_lazy("Maintenance has ended."))
    if view.next_visit is not None:
        return Dropped(gettext_lazy("A next visit is booked."))
    is_paused = view.state is MaintenanceState.PAUSED
    if is_paused or view.due_date.toordinal() != message.about_version:
        return Dropped(gettext_lazy("No visit is due then any more."))
    until = message.details.get("until")
    if until and now > datetime.fromisoformat(until):
        return Skipped(gettext_lazy("Too late to be of use."))
    return Wanted(RecallNow(view, now))
