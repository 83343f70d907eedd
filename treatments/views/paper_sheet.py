"""A paper as a verifier looks at it, with all that a decision about it changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.selectors.depending import Dates, Line, count_after, visits_by_line
from clinic.domain.coverage import Run
from clinic.domain.credentials import RENEWAL_PENDING_DAYS, Result, may_decide
from clinic.formatting import plain_date, when
from clinic.models import Credential, CredentialDocument, Verification
from clinic.selectors.catalogue import Catalogue, catalogue
from clinic.selectors.credentials import PaperStanding
from clinic.selectors.verification_queue import family_of
from clinic.services.verifying import Seen
from clinic.views.components import Choice
from clinic.views.credentials import zone_of
from clinic.views.paper_rows import Document, dates_of, facts_of, state_of
from treatments.forms.verification import ACTS, DecisionForm
from treatments.views.verification import paper_seen, visits_url


@dataclass(frozen=True, slots=True)
class Sheet:
    """A paper with the others of its type and holder, and what can be decided about it.

    `services` are those that require its type, by id and name; `today` is the local date.
    """

    row: Credential
    item: PaperStanding
    others: Sequence[PaperStanding]
    open_to: Sequence[Result]
    services: Sequence[tuple[int, str]]
    today: date
    zone: tzinfo

    @property
    def documents(self) -> list[Document]:
        """What was handed in with it."""
        return [_document(row) for row in self.row.documents.all() if not row.is_evidence]

    @property
    def evidence(self) -> list[Document]:
        """What verifiers have added."""
        return [_document(row) for row in self.row.documents.all() if row.is_evidence]


def sheet_of(public_id: UUID, now: datetime) -> Sheet:
    """Read a paper and all that belongs to it; 404 if there is none."""
    family = family_of(paper_seen(public_id), now)
    item = next((item for item in family if item.row.public_id == public_id), None)
    if item is None:
        raise Http404
    facts = catalogue()
    return Sheet(
        row=item.row,
        item=item,
        others=[other for other in family if other is not item],
        open_to=[result for result in ACTS if may_decide(item.paper, result, item.today)],
        services=_services(item.row, facts),
        today=item.today,
        zone=zone_of(item.row, facts),
    )


def was_withdrawn(public_id: UUID) -> bool:
    """Tell whether the holder has taken a paper back."""
    return Credential.objects.exclude(withdrawn_at=None).filter(public_id=public_id).exists()


def newest(item: PaperStanding) -> Seen:
    """Return what somebody who sees a paper like this has seen."""
    check = item.last_check
    return Seen(check.pk if check else 0, item.row.revision)


def page_of_paper(sheet: Sheet, form: DecisionForm, now: datetime) -> dict[str, Any]:
    """Return what the page of a paper shows."""
    row, item = sheet.row, sheet.item
    line = Line.of(row)
    ahead = visits_by_line([line], now)[line]
    seen = newest(item)
    return {
        "title": row.holder_name,
        "form": form,
        "paper": row,
        "state": state_of(item),
        "facts": facts_of(row),
        "documents": sheet.documents,
        "evidence": sheet.evidence,
        "checks": [_check(check, sheet.zone) for check in reversed(item.checks)],
        "handed_in": when(row.submitted_at, sheet.zone, with_year=True),
        "others": [_other(other) for other in reversed(sheet.others)],
        "needs": needs_words(sheet, ahead),
        "visits_url": visits_url(row) if ahead else "",
        "seen": {"check": seen.check, "revision": seen.revision},
        "choices": _choices(sheet, form),
        "losses": losses_words(sheet, ahead),
        "amend_url": _amend_url(row) if item.paper.decision is None else "",
    }


def needs_words(sheet: Sheet, ahead: Dates) -> list[str]:
    """Say what depends on the papers of this type."""
    if not sheet.services:
        return [_("No service requires this paper, so no booking depends on it.")]
    names = ", ".join(name for _pk, name in sheet.services)
    said = [_("Required for: %(services)s.") % {"services": names}, ahead_words(ahead)]
    run = sheet.item.run_today
    if run is None:
        return [*said, _("No paper of this type counts now.")]
    after = count_after(ahead, run.last_date, run.back_on)
    return [*said, _after_words(after, run)] if after else said


def _after_words(count: int, run: Run) -> str:
    """Say how many visits lie where no paper of a type counts."""
    said = {"count": count, "date": plain_date(run.last_date)}
    if run.back_on is None:
        lie = ngettext(
            "%(count)s of them lies after %(date)s, when the last paper of this type ends.",
            "%(count)s of them lie after %(date)s, when the last paper of this type ends.",
            count,
        )
        return lie % said
    lie = ngettext(
        "%(count)s of them lies between %(date)s and %(back)s, when no paper of this type counts.",
        "%(count)s of them lie between %(date)s and %(back)s, when no paper of this type counts.",
        count,
    )
    return lie % {**said, "back": plain_date(run.back_on)}


def ahead_words(ahead: Dates) -> str:
    """Say how many booked visits need a paper of this type."""
    count = sum(ahead.values())
    if not count:
        return _("No booked visit ahead needs it.")
    return ngettext(
        "%(count)s booked visit ahead needs it.", "%(count)s booked visits ahead need it.", count
    ) % {"count": count}


def losses_words(sheet: Sheet, ahead: Dates) -> list[str]:
    """Say what a suspension or revocation does, at once."""
    if not sheet.services:
        return [_("No service requires this paper, so nothing else changes.")]
    count = sum(ahead.values())
    names = ", ".join(name for _pk, name in sheet.services)
    said = {"name": sheet.row.holder_name, "services": names}
    listed = (
        _("%(name)s is off the public pages at once for: %(services)s. No new visits.")
        if sheet.row.practitioner is not None
        else _("Nobody can be booked at %(name)s any more for: %(services)s.")
    )
    cover = ngettext(
        "%(count)s booked visit goes to the cover list.",
        "%(count)s booked visits go to the cover list.",
        count,
    )
    words = [cover % {"count": count} if count else _("No booked visit is touched."), listed % said]
    if sheet.others:
        words.append(_("The other papers of this type stop counting too."))
    return words


def _amend_url(row: Credential) -> str:
    back = reverse("verification-paper", args=[row.public_id])
    return f"{reverse('credential-edit', args=[row.public_id])}?{urlencode({'next': back})}"


def _choices(sheet: Sheet, form: DecisionForm) -> list[Choice]:
    chosen = form["result"].value()
    notes = _notes(sheet)
    return [
        Choice(result.value, ACTS[result], notes[result], is_chosen=chosen == result.value)
        for result in sheet.open_to
    ]


def _notes(sheet: Sheet) -> dict[Result, str]:
    expires = sheet.row.expires_date
    pending = _("It counts on for 30 days past its last day.")
    if expires is not None:
        until = plain_date(expires + timedelta(days=RENEWAL_PENDING_DAYS))
        pending = _("The issuer is working on it: it counts until %(date)s.") % {"date": until}
    return {
        Result.VERIFIED: _("The issuer confirms it. It counts at once, within its dates."),
        Result.MORE_ASKED: _("It stays as it stands until the practitioner has answered."),
        Result.REJECTED: _("It counts for nothing. The practitioner hands in another one."),
        Result.RENEWAL_PENDING: pending,
        Result.SUSPENDED: _("It stops counting now, until one is verified anew."),
        Result.REVOKED: _("The issuer took it away. It stops counting now."),
    }


def _services(row: Credential, facts: Catalogue) -> list[tuple[int, str]]:
    required = facts.required.required
    wanted = {
        service
        for (service, location), types in required.items()
        if row.type_id in types and row.location_id in (None, location or row.location_id)
    }
    return [(item.id, item.name) for item in facts.services.values() if item.id in wanted]


def _check(check: Verification, zone: tzinfo) -> dict[str, Any]:
    barred = ", ".join(bar.service.name for bar in check.bars.all())
    return {
        "result": check.get_result_display(),
        "at": when(check.at, zone, with_year=True),
        "by": check.by.name,
        "method": check.get_method_display() if check.method else "",
        "evidence": check.evidence,
        "reason": check.reason,
        "note": check.note,
        "barred": barred,
        "next": plain_date(check.next_check_date) if check.next_check_date else "",
    }


def _other(item: PaperStanding) -> dict[str, str]:
    return {
        "url": reverse("verification-paper", args=[item.row.public_id]),
        "number": item.row.number,
        "dates": dates_of(item.row),
        "state": state_of(item),
    }


def _document(row: CredentialDocument) -> Document:
    return Document(
        name=row.original_name,
        url=reverse("document", args=[row.public_id]),
        note=ngettext("%(count)s page", "%(count)s pages", row.pages) % {"count": row.pages},
        pages=[
            (number, reverse("document-page", args=[row.public_id, number]))
            for number in range(1, row.pages + 1)
        ],
    )
