"""Papers in words, ready for the templates of those who hold them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.domain.credentials import Standing
from clinic.formatting import plain_date
from clinic.models import Credential, CredentialDocument, CredentialType, Verification
from clinic.selectors.credentials import PaperStanding, Waits
from clinic.views.components import Row, Text


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One paper in a list; `state` is a code of components/paper_state.html."""

    title: str
    url: str
    state: str
    dates: str
    number: str
    note: str


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to a paper."""

    title: Text
    when: str
    by: str
    words: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A document with its pages as pictures."""

    name: str
    url: str
    note: str
    pages: Sequence[tuple[int, str]]


def paper_row(item: PaperStanding) -> PaperRow:
    """Return a paper for a list."""
    return PaperRow(
        title=item.row.type.name,
        url=reverse("credential", args=[item.row.public_id]),
        state=state_of(item),
        dates=dates_of(item.row),
        number=item.row.number,
        note=_note_of(item),
    )


def state_of(item: PaperStanding) -> str:
    """Return the code of a paper's chip: its standing, or that more was asked for."""
    is_open = item.standing is Standing.SUBMITTED
    return "asked" if is_open and item.waits is Waits.HOLDER else item.standing.value


def dates_of(row: Credential) -> str:
    """Return from when to when a paper is valid, in words."""
    if row.issued_date and row.expires_date:
        spans = {"first": plain_date(row.issued_date), "last": plain_date(row.expires_date)}
        return _("%(first)s to %(last)s") % spans
    if row.expires_date:
        return _("until %(date)s") % {"date": plain_date(row.expires_date)}
    if row.issued_date:
        return _("since %(date)s, without an end") % {"date": plain_date(row.issued_date)}
    return _("without an end")


def facts_of(row: Credential) -> list[Row]:
    """Return what stands on a paper."""
    hours = str(row.training_hours or "")
    covers = row.get_covers_cosmetic_display() if row.type.must_cover_cosmetic else ""
    rows = [
        Row(_("Name on it"), row.name_shown),
        Row(_("Number"), row.number),
        Row(_("Issuer"), issuer_words(row.issuer, row.type)),
        Row(_("Valid"), dates_of(row)),
        Row(_("Training by"), row.training_provider),
        Row(_("Hours"), hours),
        Row(_("Covers cosmetic facial work"), covers),
        Row(_("Conditions"), row.conditions),
    ]
    return [item for item in rows if item.value]


def issuer_words(issuer: str, type: CredentialType) -> str:
    """Return an issuer, with its former names if it is the one that the type names."""
    if not type.issuer_former_names or issuer != type.issuer:
        return issuer
    return _("%(issuer)s (formerly %(names)s)") % {
        "issuer": issuer,
        "names": type.issuer_former_names,
    }


def history_of(item: PaperStanding, zone: tzinfo) -> list[Happening]:
    """Return what happened to a paper, newest first, without what only verifiers read."""
    row = item.row
    dated = [(row.submitted_at, _handed_in(row, zone))]
    dated += [(check.at, _checked(check, zone)) for check in item.checks]
    later = [
        document
        for document in row.documents.all()
        if not document.is_evidence and document.uploaded_at != row.submitted_at
    ]
    dated += [(document.uploaded_at, _added(document, zone)) for document in later]
    dated.sort(key=lambda pair: pair[0])
    return [happening for _at, happening in reversed(dated)]


def documents_of(row: Credential) -> list[Document]:
    """Return the documents that were handed in, with their pages."""
    return [
        Document(
            name=item.original_name,
            url=reverse("document", args=[item.public_id]),
            note=ngettext("%(count)s page", "%(count)s pages", item.pages) % {"count": item.pages},
            pages=[
                (number, reverse("document-page", args=[item.public_id, number]))
                for number in range(1, item.pages + 1)
            ],
        )
        for item in row.documents.all()
        if not item.is_evidence
    ]


def days_words(days: int) -> str:
    """Return a number of days ahead: in 19 days, tomorrow, today."""
    if days == 0:
        return _("today")
    if days == 1:
        return _("tomorrow")
    return ngettext("in %(count)s day", "in %(count)s days", days) % {"count": days}


def until_words(last: date) -> str:
    """Return a last date in words, also the one that means without end."""
    if last == date.max:
        return _("without an end")
    return _("until %(date)s") % {"date": plain_date(last)}


def _note_of(item: PaperStanding) -> str:
    if item.waits is Waits.HOLDER:
        return "" if item.standing is Standing.SUBMITTED else _("We asked for more.")
    if item.speaks:
        return _("This one counts today.")
    counts = item.standing in (Standing.VERIFIED, Standing.RENEWAL_PENDING)
    return _("Another one counts today.") if counts and item.run_today else ""


def _handed_in(row: Credential, zone: tzinfo) -> Happening:
    return Happening(
        _("Handed in"), local_date(row.submitted_at, zone), by=_by(row.submitted_by.name)
    )


def _added(document: CredentialDocument, zone: tzinfo) -> Happening:
    when = local_date(document.uploaded_at, zone)
    return Happening(_("Document added"), when, by="", note=document.original_name)


def _checked(check: Verification, zone: tzinfo) -> Happening:
    barred = ", ".join(bar.service.name for bar in check.bars.all())
    notes = [
        _("Checked with: %(method)s") % {"method": check.get_method_display()}
        if check.method
        else "",
        _("A condition rules out: %(services)s") % {"services": barred} if barred else "",
    ]
    return Happening(
        title=check.get_result_display(),
        when=local_date(check.at, zone),
        by=_by(check.by.name),
        words=check.reason,
        note=". ".join(note for note in notes if note),
    )


def _by(name: str) -> str:
    return _("by %(name)s") % {"name": name} if name else ""


def local_date(at: datetime, zone: tzinfo) -> str:
    """Return an instant's date in a zone: 3 May 2026."""
    return plain_date(at.astimezone(zone).date())
