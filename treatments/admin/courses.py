"""Courses as a list to search; they are changed on the pages of the day."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bookings.domain.lifecycle import State
from clinic.admin.parts import ReadOnly
from clinic.formatting import short_day, time_of_day
from treatments.models import Course, Session, SessionVisit


class SessionInline(ReadOnly, admin.TabularInline):
    """The sessions of a course with the visits that were meant to be them."""

    model = Session
    extra = 0
    ordering = ("number",)
    fields = ("number", "ideal_date", "attempts", "gap_excused", "gap_reason")
    readonly_fields = ("attempts",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        """Bring the visits along."""
        rows: QuerySet[Session] = super().get_queryset(request)
        visits = SessionVisit.objects.select_related("appointment__location").order_by("pk")
        return rows.prefetch_related(Prefetch("visits", visits))

    @admin.display(description=_("visits"))
    def attempts(self, session: Session) -> str:
        """When each visit is or was, and what became of it."""
        lines = []
        for item in session.visits.all():
            zone = item.appointment.location_zone
            local = item.appointment.starts_at.astimezone(zone)
            when = f"{short_day(local.date())} {local.year}, {time_of_day(local, zone)}"
            lines.append(f"{when} ({item.appointment.get_state_display()})")
        return "; ".join(lines)


@admin.register(Course)
class CourseAdmin(ReadOnly, admin.ModelAdmin):
    """All courses, to search and to filter."""

    list_display = ("client", "name", "progress", "practitioner", "location", "created_at", "end")
    list_filter = ("ending", "location", "protocol", "practitioner")
    list_select_related = ("client", "practitioner", "location")
    search_fields = ("client__name", "client__email", "client__phone")
    search_help_text = _("The client's name, e-mail or phone")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")
    show_full_result_count = False
    inlines = (SessionInline,)
    fields: ClassVar[Any] = (
        ("client", "protocol", "name"),
        ("location", "practitioner"),
        ("first_service", "follow_up_service"),
        ("maintenance_service", "maintenance_weeks"),
        ("length", "done_before", "last_done_date"),
        ("event_date", "event_margin_days"),
        ("created_at", "created_by"),
        ("ended_at", "ending"),
        "public_id",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Course]:
        """Count the sessions that are done with the rows."""
        rows: QuerySet[Course] = super().get_queryset(request)
        done = Q(sessions__visits__appointment__state=State.COMPLETED)
        return rows.annotate(done_here=Count("sessions", filter=done, distinct=True))

    @admin.display(description=_("done"))
    def progress(self, course: Any) -> str:
        """How many of the sessions are done."""
        done = course.done_here + course.done_before
        return _("%(done)s of %(length)s") % {"done": done, "length": course.length}

    @admin.display(description=_("ended as"), ordering="ending")
    def end(self, course: Course) -> str:
        """How it ended, if it did."""
        return course.get_ending_display() if course.ending else gettext("running")
