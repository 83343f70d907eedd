"""Plans in the making: kept in the visitor's session, named by an id in the address."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Concatenate, ParamSpec
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext

from bookings.selectors.appointments import client_of
from bookings.selectors.questions import ClientMarks
from clinic.limits import TooManyRequests, limit
from clinic.models import Client
from clinic.permissions import PLAN_COURSE, may
from clinic.selectors.catalogue import catalogue
from clinic.selectors.client_search import client_record
from treatments.domain.starts import Candidate
from treatments.selectors.planning import CourseQuestion
from treatments.services.drafts import DraftGone, draft_from_json, draft_to_json

SESSION_KEY = "course_plans"
KEPT = 3

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """A plan in the making, as it stands now.

    `client` is who it is for: somebody else's record when staff plan (`for_client`), the
    visitor's own otherwise, None for a guest. No `slots` means that nothing is proposed
    yet. `changed` are the numbers of the sessions that the last step changed. A new
    `request_id` comes with every change, so that what was checked is what is booked.
    """

    id: UUID
    question: CourseQuestion
    slots: tuple[Candidate, ...]
    client: Client | None
    for_client: bool
    request_id: str
    changed: tuple[int, ...]


def start_draft(
    request: HttpRequest, question: CourseQuestion, client: Client | None, *, for_client: bool
) -> PlanDraft:
    """Keep a new draft; of more than three the oldest is dropped."""
    draft = PlanDraft(uuid4(), question, (), client, for_client, "", ())
    return keep_draft(request, draft, question, ())


def keep_draft(
    request: HttpRequest,
    draft: PlanDraft,
    question: CourseQuestion,
    slots: Sequence[Candidate],
    changed: Sequence[int] = (),
) -> PlanDraft:
    """Keep what a step made of a draft."""
    made = replace(
        draft,
        question=question,
        slots=tuple(slots),
        changed=tuple(changed),
        request_id=str(uuid4()),
    )
    record = draft.client if draft.for_client else None
    _store(
        request,
        made.id,
        {
            "plan": draft_to_json(question, slots),
            "client": str(record.public_id) if record else "",
            "request_id": made.request_id,
            "changed": list(changed),
            "course": "",
        },
    )
    return made


def mark_booked(request: HttpRequest, draft: PlanDraft, course_id: UUID) -> None:
    """Remember which course a draft became: Back leads there, not to a second one."""
    kept = _kept(request)
    _store(request, draft.id, {**kept[str(draft.id)], "course": str(course_id)})


def with_draft(
    view: Callable[Concatenate[HttpRequest, PlanDraft, datetime, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, UUID, P], HttpResponse]:
    """Give a view its draft and the time: 404 for a stranger's, the course for a booked one."""

    @functools.wraps(view)
    def found(
        request: HttpRequest, /, draft_id: UUID, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        kept = _kept(request).get(str(draft_id))
        if kept is None:
            raise Http404
        client = _client(request, kept)
        if kept["course"]:
            return redirect("course-booked", kept["course"])
        try:
            limit(request, "plan", settings.PAGE_LIMITS.get("plan"))
            draft = _draft(draft_id, kept, client)
        except TooManyRequests as refusal:
            return render(request, "429.html", status=refusal.status)
        except DraftGone as refusal:
            messages.warning(request, str(refusal.message))
            if kept["client"] and client is not None:
                return redirect("client-plan", client.public_id)
            return redirect("course-plan")
        return view(request, draft, timezone.now(), *args, **kwargs)

    return found


def client_to_plan_for(request: HttpRequest, public_id: UUID) -> Client:
    """Return a client for whom this person may plan a course; 404 for everybody else."""
    client = client_record(public_id)
    if client is None or not may(request.user, PLAN_COURSE, client):
        raise Http404
    return client


def question_words(question: CourseQuestion) -> str:
    """Return what is planned: "Facial course, 10 sessions"."""
    length = question.figures.length
    words = ngettext("%(name)s, %(count)s session", "%(name)s, %(count)s sessions", length)
    return words % {"name": question.figures.name, "count": length}


def _client(request: HttpRequest, kept: dict[str, Any]) -> Client | None:
    if kept["client"]:
        return client_to_plan_for(request, UUID(kept["client"]))
    return client_of(request.user)


def _draft(draft_id: UUID, kept: dict[str, Any], client: Client | None) -> PlanDraft:
    marks = ClientMarks.of(client) if client else None
    question, slots = draft_from_json(kept["plan"], catalogue(), marks)
    return PlanDraft(
        id=draft_id,
        question=question,
        slots=slots,
        client=client,
        for_client=bool(kept["client"]),
        request_id=kept["request_id"],
        changed=tuple(kept["changed"]),
    )


def _kept(request: HttpRequest) -> dict[str, Any]:
    kept: dict[str, Any] = request.session.get(SESSION_KEY, {})
    return kept


def _store(request: HttpRequest, draft_id: UUID, value: dict[str, Any]) -> None:
    kept = _kept(request)
    kept.pop(str(draft_id), None)
    kept[str(draft_id)] = value
    request.session[SESSION_KEY] = dict(list(kept.items())[-KEPT:])
