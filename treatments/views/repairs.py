"""Proposed repairs: one for its client, and all that wait at the desk."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clinic.models import User
from clinic.permissions import RUN_DESK
from clinic.refusals import Refusal
from clinic.views.access import SignedInRequest, needs, signed_in
from treatments.forms.aftercare import AnswerForm, RepairAnswerForm
from treatments.models import Repair
from treatments.selectors.courses import view_of
from treatments.selectors.repairs import (
    lost_in,
    own_repairs,
    repairs_with_people,
    waiting_repair_of,
    waiting_repairs,
)
from treatments.services.accepting import accept_repair
from treatments.services.repairing import plan_repair
from treatments.services.repairs import is_answerable, propose_repair, release_repair
from treatments.views.course_tabs import course_tabs
from treatments.views.desk import page_of
from treatments.views.repair_words import (
    change_rows_of,
    count_words_of,
    kept_number,
    kept_words,
    names_in,
    repair_card,
    what_happened,
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def my_repair(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show what is proposed instead of a lost session; POST takes it or lets it go."""
    repair = own_repairs(request.user).filter(public_id=public_id).first()
    if repair is None:
        raise Http404
    now = timezone.now()
    if request.method != "POST":
        return _my_page(request, repair, now)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _my_page(request, repair, now, status=422)
    course_url = reverse("my-course", args=[repair.course.public_id])
    try:
        answered = _answer(repair, form.cleaned_data["answer"], request.user, now)
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
        anew = waiting_repair_of(repair.course_id, now)
        return redirect("my-repair", anew.public_id) if anew else redirect(course_url)
    if answered.state == Repair.State.ACCEPTED:
        messages.success(request, _("Your new date is booked."))
        return redirect(course_url)
    if answered.state == Repair.State.RELEASED:
        return redirect("my-course-move", repair.course.public_id, repair.number)
    return redirect("my-repair", answered.public_id)


def _answer(repair: Repair, answer: str, by: User, now: datetime) -> Repair:
    """Do what was answered; return the proposal that it is about now."""
    if answer == "accept":
        accept_repair(repair=repair, by=by, now=now)
    elif answer == "release":
        release_repair(repair=repair, by=by, now=now)
    else:
        view = view_of(repair.course)
        return propose_repair(course=view.course, by=by, now=now) or repair
    repair.refresh_from_db(fields=["state"])
    return repair


def _my_page(
    request: SignedInRequest, repair: Repair, now: datetime, status: int = 200
) -> HttpResponse:
    if repair.state == Repair.State.WANTED:
        repair = plan_repair(repair=repair, now=now)
    view = view_of(repair.course)
    lost = lost_in(view, repair)
    return render(
        request,
        "treatments/my_repair.html",
        {
            "repair": repair,
            "course": view.course,
            "location": view.course.location,
            "happened": what_happened(repair, lost.visit if lost else None, now),
            "is_open": is_answerable(repair, now),
            "is_lost": view.is_running and lost is not None,
            "rows": change_rows_of(repair, names_in([repair]), now, view),
            "closes_ranks": repair.planned.closes_ranks,
            "count_words": count_words_of(repair),
            "kept_number": kept_number(repair),
            "kept_until": kept_words(repair, now),
            "was_wrong": status != 200,
        },
        status=status,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(RUN_DESK)
def repairs(request: SignedInRequest) -> HttpResponse:
    """List the proposals that wait for an answer; POST answers one for the client."""
    now = timezone.now()
    if request.method == "POST":
        return _answer_at_desk(request, now)
    page = page_of(waiting_repairs(now), request)
    names = names_in(page)
    context = {
        "title": _("Courses"),
        "tabs": course_tabs(request.user, "repairs"),
        "page": page,
        "rows": [repair_card(repair, names, now) for repair in page],
    }
    return render(request, "treatments/repairs.html", context)


def _answer_at_desk(request: SignedInRequest, now: datetime) -> HttpResponse:
    form = RepairAnswerForm(request.POST)
    repair = None
    if form.is_valid():
        rows = repairs_with_people()
        repair = rows.filter(public_id=form.cleaned_data["repair"]).first()
    if repair is None:
        raise Http404
    client = repair.course.client.name
    try:
        answered = _answer(repair, form.cleaned_data["answer"], request.user, now)
    except Refusal as refusal:
        said = {"client": client, "reason": refusal.message}
        messages.error(request, _("%(client)s: %(reason)s") % said)
    else:
        messages.success(request, _done_words(answered) % {"client": client})
    return redirect(request.get_full_path())


def _done_words(repair: Repair) -> str:
    if repair.state == Repair.State.ACCEPTED:
        return _("Booked for %(client)s. Please tell the client.")
    if repair.state == Repair.State.RELEASED:
        return _("Let go. The lost session of %(client)s has no date yet.")
    return _("We look for a date for %(client)s.")
