"""What is wished for in a planned course: days, time of day, with whom, how it begins."""

from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.models import Appointment
from clinic import formatting
from clinic.views.components import Choice
from treatments.forms.plan_entry import EntryForm
from treatments.forms.planning import (
    ANY_TIME,
    ANYBODY,
    SPAN,
    STRICTNESS,
    WEEKDAYS,
    WishesForm,
    initial_of,
)
from treatments.selectors.planning import CourseQuestion, Figures
from treatments.selectors.protocols import first_visits_of, people_for
from treatments.views.plan_drafts import PlanDraft, keep_draft, question_words, with_draft
from treatments.views.plan_event import asked_start


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_draft
def course_plan_wishes(request: HttpRequest, draft: PlanDraft, now: datetime) -> HttpResponse:
    """Ask for days, time of day and person; the rest stands under "more"."""
    facts = draft.question.catalogue
    people = people_for(facts, draft.question.figures, draft.question.location, now)
    visits = first_visits_of(draft.client, draft.question, now) if draft.client else []
    is_sent = request.method == "POST"
    form = _wishes_form(request.POST if is_sent else None, draft, people, now)
    form.initial["not_before"] = asked_start(request) or form.initial["not_before"]
    entry = _entry_form(request.POST if is_sent else None, draft, visits, now)
    if is_sent and form.is_valid() & entry.is_valid():
        question = _question(draft, form, entry, visits)
        draft = keep_draft(request, draft, question, ())
        return redirect("course-plan-proposal", draft.id)
    errors = bool(form.errors or entry.errors)
    return render(
        request,
        "treatments/plan_wishes.html",
        {
            "form": form,
            "entry": entry,
            "draft": draft,
            "title": _title(draft),
            "what": question_words(draft.question),
            "place": draft.question.location,
            "back_url": _start_url(draft),
            "first_visits": _visit_choices(visits, entry, draft),
            **_wish_choices(form, people),
        },
        status=422 if errors else 200,
    )


def _title(draft: PlanDraft) -> str:
    if draft.for_client and draft.client:
        return _("When suits %(name)s?") % {"name": draft.client.first_name}
    return _("When suits you?")


def _question(
    draft: PlanDraft, form: WishesForm, entry: EntryForm, visits: list[Appointment]
) -> CourseQuestion:
    asked, said = draft.question, entry.cleaned_data
    chosen = said.get("first_visit")
    length = said["length"] if draft.for_client else asked.figures.length
    return CourseQuestion(
        catalogue=asked.catalogue,
        figures=asked.figures.with_length(length),
        location=asked.location,
        wishes=form.wishes(),
        client=asked.client,
        event_date=form.cleaned_data["event_date"],
        first_visit=next((item for item in visits if str(item.public_id) == chosen), None),
        done_before=(said["done_before"] or 0) if draft.for_client else 0,
        last_done_date=said["last_done_date"] if draft.for_client else None,
    )


def _wishes_form(said: Any, draft: PlanDraft, people: list[Any], now: datetime) -> WishesForm:
    question = draft.question
    today = _today(question, now)
    slugs = {person.id: person.slug for person in people}
    form = WishesForm(
        said,
        initial=initial_of(question.wishes, question.event_date, slugs),
        people=[(person.slug, person.name, person.id) for person in people],
        today=today,
        last_date=today + timedelta(days=question.location.horizon_days),
        margin_days=question.figures.event_margin_days,
    )
    form.fields["event_date"].help_text = _event_words(question.figures)
    return form


def _entry_form(said: Any, draft: PlanDraft, visits: list[Appointment], now: datetime) -> EntryForm:
    question = draft.question
    first = question.first_visit
    form = EntryForm(
        said,
        initial={
            "first_visit": str(first.public_id) if first else "",
            "length": question.figures.length,
            "done_before": question.done_before or None,
            "last_done_date": question.last_done_date,
        },
        first_visits=[(str(visit.public_id), "") for visit in visits],
        usual_length=question.figures.length,
        today=_today(question, now),
    )
    if not draft.for_client:
        for name in ("length", "done_before", "last_done_date"):
            form.fields[name].disabled = True
    return form


def _wish_choices(form: WishesForm, people: list[Any]) -> dict[str, Any]:
    days = {str(day) for day in form["days"].value() or ()}
    hours, who = str(form["hours"].value() or ANY_TIME), str(form["who"].value() or ANYBODY)
    times = [
        Choice(ANY_TIME, _("Any time")),
        Choice("morning", _("Morning"), _("starts before midday")),
        Choice("midday", _("Midday"), _("starts from midday to 4pm")),
        Choice("evening", _("Evening"), _("starts at 4pm or later")),
        Choice(SPAN, _("Between two times"), _("enter them below")),
    ]
    persons = [Choice(ANYBODY, _("Anybody"), _("Leaves the most room"))]
    persons += [Choice(person.slug, person.name, person.headline) for person in people]
    return {
        "days": [Choice(str(n), name, is_chosen=str(n) in days) for n, name in WEEKDAYS],
        "times": _chosen(times, hours),
        "people": _chosen(persons, who) if len(people) > 1 else [],
        "strictness": [
            (
                name,
                form[name].label,
                _chosen([Choice(*pair) for pair in STRICTNESS], str(form[name].value())),
            )
            for name in ("days_how", "hours_how", "who_how")
        ],
        "is_open": "not_before" in form.errors
        or bool(form["not_before"].value())
        or any(form[name].value() == "only" for name in ("days_how", "hours_how", "who_how")),
    }


def _chosen(choices: list[Choice], value: str) -> list[Choice]:
    return [
        Choice(item.value, item.label, item.note, is_chosen=item.value == value) for item in choices
    ]


def _visit_choices(visits: list[Appointment], entry: EntryForm, draft: PlanDraft) -> list[Choice]:
    if not visits:
        return []
    chosen = str(entry["first_visit"].value() or "")
    zone = draft.question.location.zone
    begin = Choice("", _("Plan a first session too"), is_chosen=not chosen)
    return [
        begin,
        *(
            Choice(
                str(visit.public_id),
                formatting.when(visit.starts_at, zone, with_year=True),
                _("with %(name)s, becomes session 1") % {"name": visit.practitioner.name},
                is_chosen=str(visit.public_id) == chosen,
            )
            for visit in visits
        ),
    ]


def _event_words(figures: Figures) -> str:
    return _(
        "For a wedding or a photograph, say. We plan your last session at least %(days)s days "
        "before it, since a bruise may need a week."
    ) % {"days": figures.event_margin_days}


def _start_url(draft: PlanDraft) -> str:
    if draft.for_client and draft.client:
        return reverse("client-plan", args=[draft.client.public_id])
    return reverse("course-plan")


def _today(question: CourseQuestion, now: datetime) -> date:
    return now.astimezone(question.location.zone).date()
