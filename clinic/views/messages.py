"""The desk's log of messages: what went to whom, what waits, what failed and what to do."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages as notices
from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from clinic.forms.message_log import AGAIN, ActForm, LogForm
from clinic.messaging.registry import kinds
from clinic.models import AccessLog, Client, Message
from clinic.permissions import SEE_MESSAGES
from clinic.refusals import Refusal
from clinic.selectors.client_search import client_record
from clinic.selectors.messages import FAILED, LogQuestion, message_log
from clinic.services.messages import give_up, try_again, try_all_again
from clinic.views.access import SignedInRequest, keep_look, needs
from clinic.views.heartbeat import pulse
from clinic.views.message_rows import kind_choices, message_rows

PER_PAGE = 25
FAILED_SHOWN = 10
MOST_LISTED = 5000
"""Pages end there, so that nobody counts years of messages; a client finds older ones."""


@never_cache
@require_safe
@needs(SEE_MESSAGES)
def messages(request: SignedInRequest) -> HttpResponse:
    """List messages, the newest first; on the first page those that failed stand above."""
    now = timezone.now()
    form = LogForm(request.GET, kinds=kind_choices(list(kinds())))
    client = _client(form) if form.is_valid() else None
    question = _question(form, client) if form.is_valid() else LogQuestion()
    if client is not None:
        keep_look(request, client, AccessLog.Kind.MESSAGES, now)
    page = _page_of(question, request)
    failed = list(_failed(question, page.number))
    rows = message_rows([*failed, *page], request.user, now)
    context = {
        "title": _("Messages"),
        "form": form,
        "client": client,
        "pulse": pulse(now),
        "failed": rows[: len(failed)],
        "failed_url": f"{reverse('messages')}?{urlencode({'show': FAILED})}",
        "rows": rows[len(failed) :],
        "page": page,
        "is_open": question.is_open,
        "is_cut": page.paginator.count == MOST_LISTED,
        "query": _query(request),
        "here": request.get_full_path(),
    }
    return render(request, "clinic/messages.html", context, status=200 if form.is_valid() else 422)


@never_cache
@require_POST
@needs(SEE_MESSAGES)
def message_act(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Try a failed message again, or give it up. A second click changes nothing."""
    found = Message.objects.select_related("client", "user").filter(public_id=public_id).first()
    form = ActForm(request.POST)
    if found is None or not form.is_valid():
        raise Http404
    said = {"name": _name(found)}
    try:
        if form.cleaned_data["do"] == AGAIN:
            try_again(message=found, by=request.user, now=timezone.now())
            notices.success(request, _("The message to %(name)s is tried again now.") % said)
        else:
            give_up(message=found, by=request.user)
            words = _("Given up. If %(name)s still has to know, please call.")
            notices.success(request, words % said)
    except Refusal as refusal:
        notices.info(request, str(refusal.message))
    return _back(request)


@never_cache
@require_POST
@needs(SEE_MESSAGES)
def messages_again(request: SignedInRequest) -> HttpResponse:
    """Try all failed messages again."""
    count = try_all_again(by=request.user, now=timezone.now())
    words = ngettext(
        "%(count)s message is tried again.", "%(count)s messages are tried again.", count
    )
    notices.success(request, words % {"count": count})
    return _back(request)


def _client(form: LogForm) -> Client | None:
    public_id = form.cleaned_data["client"]
    if public_id is None:
        return None
    found = client_record(public_id)
    if found is None:
        raise Http404
    return found


def _question(form: LogForm, client: Client | None) -> LogQuestion:
    return LogQuestion(
        group=form.cleaned_data["show"],
        kind=form.cleaned_data["kind"],
        words=form.cleaned_data["q"],
        client_id=client.pk if client else None,
    )


def _page_of(question: LogQuestion, request: HttpRequest) -> Page[Message]:
    rows = message_log(question)
    if question.is_open:
        rows = rows.exclude(state=Message.State.FAILED)  # they stand above
    try:
        return Paginator(rows[:MOST_LISTED], PER_PAGE).page(request.GET.get("page") or 1)
    except InvalidPage as error:
        raise Http404 from error


def _failed(question: LogQuestion, number: int) -> QuerySet[Message]:
    if not question.is_open or number > 1:
        return Message.objects.none()
    return message_log(LogQuestion(group=FAILED))[:FAILED_SHOWN]


def _query(request: HttpRequest) -> str:
    asked = {name: request.GET.get(name, "") for name in ("q", "show", "kind", "client")}
    return urlencode({name: value for name, value in asked.items() if value})


def _name(message: Message) -> str:
    if message.client is not None:
        return message.client.name
    return message.user.get_full_name() if message.user is not None else ""


def _back(request: HttpRequest) -> HttpResponseRedirect:
    after = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(after, {request.get_host()}, request.is_secure())
    return redirect(after if after.startswith("/") and is_ours else reverse("messages"))
