"""A practitioner's own papers: what is needed, what each allows, one paper with its story."""

from datetime import datetime, tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.domain.credentials import Standing
from clinic.models import Credential, ExpiryAlert, Practitioner, User
from clinic.permissions import AMEND_PAPER, HAND_IN_PAPER, SEE_OWN_PAPERS, may
from clinic.selectors.catalogue import Catalogue, catalogue
from clinic.selectors.credentials import PaperStanding, Waits, paper_seen_by
from clinic.selectors.needs import needs_of
from clinic.views.access import SignedInRequest, needs, signed_in
from clinic.views.need_rows import alert_words, need_row, prospect_row, summary_of
from clinic.views.paper_rows import documents_of, facts_of, history_of, paper_row, state_of

OVER = frozenset(Standing) - {Standing.SUBMITTED}


@needs(SEE_OWN_PAPERS)
@require_safe
def credentials(request: SignedInRequest) -> HttpResponse:
    """Show what somebody needs for what they offer, and all of their papers."""
    now = timezone.now()
    facts = catalogue()
    needed = needs_of(own_record(request.user), facts, now)
    alerts = ExpiryAlert.objects.filter(credential__in=[item.row.pk for item in needed.papers])
    rows = [need_row(item) for item in needed.types]
    return render(
        request,
        "clinic/credentials.html",
        {
            "summary": summary_of(needed),
            "is_bookable": any(item.outlook.open_to for item in needed.prospects),
            "to_do": [row for row in rows if row.is_to_do],
            "alerts": alert_words(list(alerts), needed),
            "rows": rows,
            "prospects": [prospect_row(item) for item in needed.prospects],
            "papers": [paper_row(item) for item in needed.papers],
        },
    )


@signed_in
@require_safe
def credential(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show one paper: what stands on it, its documents, what happened to it."""
    now = timezone.now()
    item = seen_paper(request.user, public_id, now)
    row = item.row
    own = is_own(request.user, row)
    is_open = item.paper.decision is None
    return render(
        request,
        "clinic/credential.html",
        {
            "title": row.type.name,
            "eyebrow": "" if own else row.holder_name,
            "back_url": _back_url(row, is_own=own),
            "item": item,
            "state": state_of(item),
            "rows": facts_of(row),
            "documents": documents_of(row),
            "history": history_of(item, zone_of(row, catalogue())),
            "asked": _asked(item),
            "can_edit": is_open and may(request.user, AMEND_PAPER, row),
            "can_withdraw": is_open and may(request.user, HAND_IN_PAPER, row),
            "renew_url": _renew_url(item) if own else "",
        },
    )


def is_own(user: User, row: Credential) -> bool:
    """Tell whether a paper is that of the practitioner with a login."""
    return row.practitioner is not None and row.practitioner.user_id == user.pk


def own_record(user: User) -> Practitioner:
    """Return the practitioner with a login, or answer 404."""
    person = Practitioner.objects.filter(user=user).first()
    if person is None:
        raise Http404
    return person


def seen_paper(user: User, public_id: UUID, now: datetime) -> PaperStanding:
    """Return a paper that somebody may look at, or answer 404."""
    item = paper_seen_by(user, public_id, now)
    if item is None:
        raise Http404
    return item


def zone_of(row: Credential, facts: Catalogue) -> tzinfo:
    """Return the zone in which a paper's story is told: where its holder works first."""
    known = facts.practitioners.get(row.practitioner_id or 0)
    ids = known.rosters if known else [row.location_id]
    zones = [place.zone for place in facts.locations.values() if place.id in ids]
    return zones[0] if zones else ZoneInfo(timezone.get_default_timezone_name())


def _back_url(row: Credential, *, is_own: bool) -> str:
    """Return all papers of the holder; for a verifier the page where they decide."""
    if is_own:
        return reverse("credentials")
    return reverse("verification-paper", args=[row.public_id])


def _asked(item: PaperStanding) -> str:
    """Return what a verifier waits for, in their words."""
    check = item.last_check
    return check.reason if check is not None and item.waits is Waits.HOLDER else ""


def _renew_url(item: PaperStanding) -> str:
    if item.standing not in OVER or (item.row.expires_date is None and item.speaks):
        return ""
    return f"{reverse('credential-new')}?type={item.row.type.slug}"
