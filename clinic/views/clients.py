"""The desk's list of clients, and entering and changing them."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from clinic.forms.clients import ClientForm, SearchForm, initial_of
from clinic.models import AccessLog, Client
from clinic.permissions import ENTER_CLIENTS, SEE_CLIENTS, may
from clinic.selectors.client_search import client_record, find_clients_seen_by
from clinic.services.clients import enter_client, update_client
from clinic.views.access import SignedInRequest, keep_look, needs

PER_PAGE = 25


@needs(SEE_CLIENTS)
def clients(request: SignedInRequest) -> HttpResponse:
    """List the clients that somebody may see, by name; find them by name, e-mail or phone."""
    form = SearchForm(request.GET)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    try:
        found = find_clients_seen_by(request.user, words)
        page = Paginator(found, PER_PAGE).page(request.GET.get("page") or 1)
    except InvalidPage as error:
        raise Http404 from error
    return render(
        request,
        "clinic/client_list.html",
        {
            "title": _("Clients"),
            "form": form,
            "words": words,
            "page": page,
            "query": urlencode({"q": words}) if words else "",
            "may_enter": may(request.user, ENTER_CLIENTS),
        },
        status=200 if form.is_valid() else 422,
    )


@needs(ENTER_CLIENTS)
def client_new(request: SignedInRequest) -> HttpResponse:
    """Enter a client, with or without an e-mail; then go on to where this was asked for."""
    form = ClientForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        client = enter_client(details=form.details(), marks=form.marks(), by=request.user)
        messages.success(request, _("%(name)s is entered.") % {"name": client.name})
        return redirect(_next(request, client))
    return _page(request, form, title=_("New client"), back_url=reverse("clients"))


@needs(ENTER_CLIENTS)
def client_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Change what the desk knows of a client."""
    client = client_record(public_id)
    if client is None:
        raise Http404
    now = timezone.now()
    form = ClientForm(
        request.POST if request.method == "POST" else None,
        initial=initial_of(client),
        has_login=client.user_id is not None,
    )
    if form.is_valid():
        update_client(
            client=client, details=form.details(), marks=form.marks(), by=request.user, now=now
        )
        messages.success(request, _("Saved."))
        return redirect("client", client.public_id)
    keep_look(request, client, AccessLog.Kind.DETAILS, now)
    back_url = reverse("client", args=[client.public_id])
    return _page(request, form, title=client.name, back_url=back_url)


def _page(request: HttpRequest, form: ClientForm, *, title: str, back_url: str) -> HttpResponse:
    context = {"title": title, "form": form, "back_url": back_url}
    status = 422 if form.is_bound else 200
    return render(request, "clinic/client_form.html", context, status=status)


def _next(request: HttpRequest, client: Client) -> str:
    after = request.GET.get("next", "")
    here = request.get_host()
    # Only addresses of the site that begin at its root; a bare word would be a page's name.
    is_ours = url_has_allowed_host_and_scheme(after, {here}, request.is_secure())
    if after.startswith("/") and is_ours:
        joint = "&" if "?" in after else "?"
        return f"{after}{joint}{urlencode({'client': client.public_id})}"
    return reverse("client", args=[client.public_id])
