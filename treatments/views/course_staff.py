"""What staff alone may do to a course, each with a reason: length, a longer gap, finishing."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clinic.refusals import AlreadyChanged, Refusal
from clinic.views.access import SignedInRequest, signed_in
from treatments.forms.courses import LengthForm, ReasonForm
from treatments.models import Course
from treatments.selectors.courses import CourseView
from treatments.services.ending import change_length, finish_early, override_gap
from treatments.views.course_changing import GET_OR_POST, plain_page
from treatments.views.course_sides import STAFF


@never_cache
@require_http_methods(GET_OR_POST)
@signed_in
def course_length(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Give the course another number of sessions."""
    view = STAFF.view(request, public_id)
    form = LengthForm(request.POST or None, initial={"length": view.course.length})
    page = {
        "title": _("Change the number of sessions"),
        "lede": _("Sessions left over are cancelled. New ones have no date yet."),
        "button": _("Change"),
    }
    return _ask(
        request,
        view,
        form,
        page,
        lambda: change_length(
            view=view,
            length=form.cleaned_data["length"],
            reason=form.cleaned_data["reason"],
            by=request.user,
            now=timezone.now(),
        ),
    )


@never_cache
@require_http_methods(GET_OR_POST)
@signed_in
def course_gap(request: SignedInRequest, public_id: UUID, number: int) -> HttpResponse:
    """Let the gap before a session be longer than its limit."""
    view = STAFF.view(request, public_id)
    if number < 2 or view.session(number) is None:
        raise Http404
    form = ReasonForm(request.POST or None)
    page = {
        "title": _("Allow a longer gap before session %(number)s") % {"number": number},
        "lede": _("Plans may then pass the limit of this one gap, by as little as possible."),
        "button": _("Allow it"),
    }
    return _ask(
        request,
        view,
        form,
        page,
        lambda: override_gap(
            view=view,
            number=number,
            reason=form.cleaned_data["reason"],
            by=request.user,
            now=timezone.now(),
        ),
    )


@never_cache
@require_http_methods(GET_OR_POST)
@signed_in
def course_finish(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Finish the course early; it counts as completed."""
    view = STAFF.view(request, public_id)
    form = ReasonForm(request.POST or None)
    page = {
        "title": _("Finish this course early"),
        "lede": _("It counts as completed, its other visits are cancelled, maintenance starts."),
        "button": _("Finish"),
    }
    return _ask(
        request,
        view,
        form,
        page,
        lambda: finish_early(
            view=view, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now()
        ),
    )


def _ask(
    request: SignedInRequest,
    view: CourseView,
    form: ReasonForm,
    page: dict[str, str],
    act: Callable[[], Course],
) -> HttpResponse:
    url = STAFF.url(view.course)
    if not view.is_running:
        messages.info(request, _("This course has ended."))
        return redirect(url)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            act()
        except AlreadyChanged as refusal:
            messages.error(request, str(refusal.message))
            return redirect(url)
        except Refusal as refusal:
            form.add_error(None, str(refusal.message))
            status = refusal.status
        else:
            messages.success(request, _("Done."))
            return redirect(url)
    context = plain_page(view, STAFF, form=form, **page)
    return render(request, "treatments/course_reason.html", context, status=status)
