"""Hand a paper in, correct it, add documents to it, take it back."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.documents.refusals import DocumentRefused
from clinic.documents.storage import StoredDocument
from clinic.domain.credentials import Standing
from clinic.forms.credentials import (
    DocumentsForm,
    PaperForm,
    initial_of,
    initial_of_renewal,
)
from clinic.models import Credential, CredentialType, Practitioner
from clinic.permissions import AMEND_PAPER, HAND_IN_PAPER, SEE_OWN_PAPERS, may
from clinic.refusals import Refusal
from clinic.selectors.catalogue import catalogue
from clinic.selectors.credentials import PaperStanding, standings, with_everything
from clinic.selectors.needs import needs_of
from clinic.selectors.papers import today_of
from clinic.services.intake import stored
from clinic.services.papers import (
    PaperDecided,
    add_to_paper,
    amend_paper,
    hand_in_paper,
    withdraw_paper,
)
from clinic.views.access import SignedInRequest, needs, signed_in
from clinic.views.components import Action
from clinic.views.credentials import is_own, own_record, seen_paper
from clinic.views.need_rows import need_row

Call = Callable[[list[StoredDocument]], Credential]


@needs(SEE_OWN_PAPERS)
def credential_new(request: SignedInRequest) -> HttpResponse:
    """Hand in a paper of a type; without a type, ask for it."""
    now = timezone.now()
    person = own_record(request.user)
    slug = request.GET.get("type", "")
    if not slug:
        return _choose_type(request, person, now)
    kind = next((item for item in _kinds() if item.slug == slug), None)
    if kind is None:
        raise Http404
    line = _line_of(person, kind, now)
    form = PaperForm(
        *sent(request),
        type=kind,
        today=today_of(Credential(type=kind, practitioner=person), now),
        initial=initial_of_renewal(line[-1].row) if line else {"name_shown": person.name},
    )
    paper = handled(
        form,
        lambda documents: hand_in_paper(
            type=kind,
            holder=person,
            facts=form.facts(),
            documents=documents,
            by=request.user,
            now=now,
        ),
    )
    if paper is not None:
        messages.success(request, _("Handed in. We check it with the issuer."))
        return redirect("credential", paper.public_id)
    context = {
        "title": kind.name,
        "eyebrow": _("Renew") if any(_is_renewed(item) for item in line) else _("Hand in"),
        "kind": kind,
        "renews": any(item.speaks for item in line),
        "back_url": reverse("credentials"),
        "button": _("Hand in"),
    }
    return _page(request, form, context)


@signed_in
def credential_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Correct a paper that nobody has decided on."""
    now = timezone.now()
    item = _amendable(request, public_id, now)
    back_url = _back_url(request, item)
    if item.paper.decision is not None:
        messages.warning(request, str(PaperDecided.message))
        return redirect(back_url)
    row = item.row
    form = PaperForm(
        *sent(request),
        type=row.type,
        documents_required=False,
        initial=initial_of(row),
    )
    paper = handled(
        form,
        lambda documents: amend_paper(
            paper=row,
            facts=form.facts(),
            documents=documents,
            revision=form.cleaned_data["revision"] or 0,
            by=request.user,
            now=now,
        ),
    )
    if paper is not None:
        messages.success(request, _("Saved."))
        return redirect(back_url)
    context = {
        "title": row.type.name,
        "eyebrow": _of_whom(_("Correct"), request, row),
        "kind": row.type,
        "back_url": back_url,
        "button": _("Save"),
    }
    return _page(request, form, context)


@signed_in
def credential_add(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Add documents to a paper, as an answer to what a verifier asked."""
    now = timezone.now()
    item = _amendable(request, public_id, now)
    form = DocumentsForm(*sent(request))
    paper = handled(
        form,
        lambda documents: add_to_paper(
            paper=item.row, documents=documents, by=request.user, now=now
        ),
    )
    if paper is not None:
        messages.success(request, _("Added. We look at it again."))
        return redirect("credential", paper.public_id)
    context = {
        "title": item.row.type.name,
        "eyebrow": _of_whom(_("Add documents"), request, item.row),
        "back_url": reverse("credential", args=[public_id]),
        "button": _("Add documents"),
    }
    return _page(request, form, context)


@signed_in
@require_POST
def credential_withdraw(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Take a paper back that nobody has decided on."""
    now = timezone.now()
    item = seen_paper(request.user, public_id, now)
    if not may(request.user, HAND_IN_PAPER, item.row):
        raise Http404
    try:
        withdraw_paper(paper=item.row, by=request.user, now=now)
    except Refusal as refusal:
        messages.warning(request, str(refusal.message))
        return redirect("credential", public_id)
    messages.success(request, _("Taken back."))
    return redirect("credentials" if is_own(request.user, item.row) else "home")


def _of_whom(act: str, request: SignedInRequest, row: Credential) -> str:
    """Name the holder to whoever works on the paper of somebody else."""
    if is_own(request.user, row):
        return act
    return _("%(act)s, %(holder)s") % {"act": act, "holder": row.holder_name}


def _back_url(request: HttpRequest, item: PaperStanding) -> str:
    """Return where somebody came from, such as the verifiers' queue; else the paper."""
    after = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(after, {request.get_host()}, request.is_secure())
    if after.startswith("/") and is_ours:
        return after
    return reverse("credential", args=[item.row.public_id])


def sent(request: HttpRequest) -> tuple[Any, Any]:
    is_sent = request.method == "POST"
    return (request.POST, request.FILES) if is_sent else (None, None)


def handled(form: DocumentsForm, call: Call) -> Credential | None:
    """Store what was uploaded and call the service; what is wrong goes to the form."""
    if not form.is_valid():
        if form.is_bound:
            form.ask_for_files_again()
        return None
    try:
        with stored(form.uploads()) as documents:
            return call(documents)
    except DocumentRefused as refusal:
        form.add_error("documents", str(refusal.message))
    except Refusal as refusal:
        form.add_error(None, str(refusal.message))
        form.ask_for_files_again()
    return None


def _page(request: HttpRequest, form: DocumentsForm, context: Mapping[str, object]) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, "clinic/credential_form.html", {**context, "form": form}, status=status)


def _amendable(request: SignedInRequest, public_id: UUID, now: datetime) -> PaperStanding:
    item = seen_paper(request.user, public_id, now)
    if not may(request.user, AMEND_PAPER, item.row):
        raise Http404
    return item


def _kinds() -> QuerySet[CredentialType]:
    kinds = CredentialType.objects.filter(is_active=True, holder=CredentialType.Holder.PRACTITIONER)
    return kinds.order_by("position", "pk")


def _line_of(person: Practitioner, kind: CredentialType, now: datetime) -> list[PaperStanding]:
    rows = with_everything().filter(practitioner=person, type=kind)
    return standings(rows.order_by("pk"), now)


def _is_renewed(item: PaperStanding) -> bool:
    """Tell whether the next paper of its type renews it."""
    return item.speaks or item.standing is Standing.EXPIRED


def _choose_type(request: HttpRequest, person: Practitioner, now: datetime) -> HttpResponse:
    needed = needs_of(person, catalogue(), now)
    rows = [need_row(item) for item in needed.types if item.location is None]
    known = {item.type.pk for item in needed.types}
    url = reverse("credential-new")
    context = {
        "needed": rows,
        "others": [
            Action(kind.name, f"{url}?type={kind.slug}")
            for kind in _kinds()
            if kind.pk not in known
        ],
        "back_url": reverse("credentials"),
    }
    return render(request, "clinic/credential_types.html", context)
