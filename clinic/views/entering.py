"""Managers enter the papers of practitioners and locations, one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.forms.credentials import PaperForm
from clinic.forms.entering import WhoseForm
from clinic.models import Credential, CredentialType, Location
from clinic.permissions import ENTER_PAPERS
from clinic.selectors.catalogue import catalogue
from clinic.selectors.paper_holders import (
    HeldOf,
    Holder,
    held_of,
    holders,
    key_of,
    lacking,
    types_in_use,
)
from clinic.selectors.papers import today_of
from clinic.services.papers import hand_in_paper
from clinic.views.access import SignedInRequest, needs
from clinic.views.handing_in import handled, sent
from clinic.views.paper_rows import dates_of, state_of

ISSUER = "issuer"
TO_MISSING = "missing"
LONGEST_ISSUER = 160
SHOWN_LACKING = 40


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A type in the list of what a holder has and lacks."""

    title: str
    state: str
    dates: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """What a page of entering is about; nothing may be chosen yet."""

    holder: Holder | None
    type: CredentialType | None
    held: Sequence[HeldOf]
    others: Sequence[Holder]


@needs(ENTER_PAPERS)
def papers_enter(request: SignedInRequest) -> HttpResponse:
    """Enter a paper, then the next one with the same holder, type and issuer."""
    now = timezone.now()
    everybody, types = holders(), types_in_use()
    is_asked = "holder" in request.GET or "type" in request.GET
    whose = WhoseForm(request.GET if is_asked else None, holders=everybody, types=types)
    is_whole = whose.is_valid()
    desk = _desk(whose, everybody, types, now) if is_asked else Desk(None, None, (), ())
    if not is_whole or desk.holder is None or desk.type is None:
        return _page(request, whose, None, desk, is_wrong=_is_wrong(request, whose))
    holder, type = desk.holder, desk.type
    form = _paper_form(request, holder, type, now)
    paper = handled(
        form,
        lambda documents: hand_in_paper(
            type=type,
            holder=holder,
            facts=form.facts(),
            documents=documents,
            by=request.user,
            now=now,
        ),
    )
    if paper is not None:
        words = _("Saved: %(type)s of %(holder)s. It waits for somebody to verify it.")
        messages.success(request, words % {"type": type.name, "holder": holder.name})
        return redirect(_next_url(request, desk, paper))
    return _page(request, whose, form, desk, is_wrong=form.is_bound)


def _desk(
    whose: WhoseForm, everybody: Sequence[Holder], types: Sequence[CredentialType], now: datetime
) -> Desk:
    facts = catalogue()
    holder, type = whose.chosen_holder(), whose.chosen_type()
    return Desk(
        holder=holder,
        type=type,
        held=held_of(holder, types, facts, now) if holder else (),
        others=lacking(type, everybody, facts)[:SHOWN_LACKING] if type else (),
    )


def _paper_form(
    request: HttpRequest, holder: Holder, type: CredentialType, now: datetime
) -> PaperForm:
    is_place = isinstance(holder, Location)
    blank = Credential(
        type=type,
        location=holder if isinstance(holder, Location) else None,
        practitioner=None if isinstance(holder, Location) else holder,
    )
    form = PaperForm(
        *sent(request),
        type=type,
        documents_required=False,
        today=today_of(blank, now),
        initial={
            "name_shown": "" if is_place else holder.name,
            "issuer": _issuer_kept(request, type),
        },
    )
    first = "name_shown" if is_place else "number"
    if not form.is_bound:
        form.fields[first].widget.attrs["autofocus"] = True
    return form


def _issuer_kept(request: HttpRequest, type: CredentialType) -> str:
    """Return the issuer of the paper before, where the type leaves it open."""
    return "" if type.issuer else request.GET.get(ISSUER, "")[:LONGEST_ISSUER].replace("\0", "")


def _is_wrong(request: HttpRequest, whose: WhoseForm) -> bool:
    """Tell whether an address says something that can't be, rather than not all yet."""
    said = [name for name in ("holder", "type") if request.GET.get(name)]
    return any(name in whose.errors for name in said) or request.method == "POST"


def _next_url(request: HttpRequest, desk: Desk, paper: Credential) -> str:
    """Return the page for the next paper: the same again, or what the holder lacks."""
    assert desk.holder is not None
    assert desk.type is not None
    slug = desk.type.slug
    if request.POST.get("then") == TO_MISSING:
        slug = next((row.type.slug for row in _still_missing(desk)), "")
    kept = {"holder": key_of(desk.holder), "type": slug}
    if slug == desk.type.slug and not desk.type.issuer:
        kept[ISSUER] = paper.issuer
    return _url(kept)


def _still_missing(desk: Desk) -> list[HeldOf]:
    """Return what the holder lacks besides the type that is being entered."""
    return [row for row in desk.held if row.tells is None and row.type != desk.type]


def _page(
    request: HttpRequest, whose: WhoseForm, form: PaperForm | None, desk: Desk, *, is_wrong: bool
) -> HttpResponse:
    if not is_wrong and form is None:
        whose.errors.clear()
    missing = _still_missing(desk)
    context: dict[str, Any] = {
        "title": _("Enter papers"),
        "whose": whose,
        "form": form or whose,
        "paper_form": form,
        "holder": desk.holder,
        "type": desk.type,
        "next_missing": missing[0].type.name if missing else "",
        "held": [_held_row(desk, row) for row in desk.held],
        "others": _others(request, desk),
    }
    return render(request, "clinic/papers_enter.html", context, status=422 if is_wrong else 200)


def _others(request: HttpRequest, desk: Desk) -> list[tuple[str, str]]:
    """Return who else needs the type, each with the page where it is entered."""
    if desk.type is None:
        return []
    issuer = _issuer_kept(request, desk.type)
    kept = {"type": desk.type.slug, **({ISSUER: issuer} if issuer else {})}
    others = [one for one in desk.others if one != desk.holder]
    return [(one.name, _url({"holder": key_of(one), **kept})) for one in others]


def _held_row(desk: Desk, row: HeldOf) -> HeldRow:
    assert desk.holder is not None
    tells = row.tells
    return HeldRow(
        title=row.type.name,
        state=state_of(tells) if tells else "missing",
        dates=dates_of(tells.row) if tells else "",
        url=_url({"holder": key_of(desk.holder), "type": row.type.slug}),
        is_current=row.type == desk.type,
    )


def _url(query: dict[str, str]) -> str:
    return f"{reverse('papers-enter')}?{urlencode(query)}"
