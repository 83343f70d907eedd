"""Hand papers in, correct them until somebody has decided, withdraw them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from clinic.documents.storage import StoredDocument
from clinic.domain.credentials import DECIDING
from clinic.models import (
    Credential,
    CredentialDocument,
    CredentialType,
    Location,
    Practitioner,
    User,
)
from clinic.permissions import AMEND_PAPER, HAND_IN_PAPER, require
from clinic.refusals import AlreadyChanged, Refusal
from clinic.services.locking import lock_resources
from clinic.services.transactions import in_one_transaction


class PaperDecided(Refusal):
    """A paper that was decided on is not altered."""

    code = "paper_decided"
    status = 409
    message = _("This paper was decided on. Hand in a new one instead.")


class PaperIncomplete(Refusal):
    """A paper lacks what its type asks for."""

    code = "paper_incomplete"
    message = _("Something is missing on this paper.")


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """What stands on a paper, as typed in; dates are local dates of the holder."""

    name_shown: str
    issuer: str
    number: str = ""
    issued_date: date | None = None
    expires_date: date | None = None
    training_provider: str = ""
    training_hours: int | None = None
    covers_cosmetic: str = Credential.Covers.UNKNOWN
    conditions: str = ""


@in_one_transaction
def hand_in_paper(
    *,
    type: CredentialType,
    holder: Practitioner | Location,
    facts: PaperFacts,
    documents: Sequence[StoredDocument],
    by: User,
    now: datetime,
) -> Credential:
    """Add a paper to the verifiers' queue; it counts for nothing until they decide.

    The same paper sent twice is one paper, as long as nobody has decided on it; a document
    that it lacks is added. A paper of a type that the holder has already is its renewal.
    Locks the holder. Raises `PaperIncomplete` or `NotAllowed`.
    """
    paper = Credential(
        type=type,
        practitioner=holder if isinstance(holder, Practitioner) else None,
        location=holder if isinstance(holder, Location) else None,
        submitted_at=now,
        submitted_by=by,
        **asdict(facts),
    )
    require(by, HAND_IN_PAPER, paper)
    check_complete(type, holder, facts)
    lock_holder(paper)
    twin = _twin_of(paper, facts)
    if twin is not None:
        return add_to_paper(paper=twin, documents=_not_yet_on(twin, documents), by=by, now=now)
    paper.save()
    add_documents(paper, documents, by=by, now=now)
    return paper


@in_one_transaction
def amend_paper(
    *,
    paper: Credential,
    facts: PaperFacts,
    documents: Sequence[StoredDocument],
    revision: int,
    by: User,
    now: datetime,
) -> Credential:
    """Correct a paper that nobody has decided on, and add documents to it.

    By its holder or a verifier. `revision` is the one that was looked at. Raises
    `AlreadyChanged`, `PaperDecided`, `PaperIncomplete` or `NotAllowed`.
    """
    require(by, AMEND_PAPER, paper)
    holder = paper.practitioner or paper.location
    assert holder is not None
    check_complete(paper.type, holder, facts)
    current = undecided(paper)
    if current.revision != revision:
        raise AlreadyChanged
    Credential.objects.filter(pk=paper.pk).update(**asdict(facts), revision=F("revision") + 1)
    add_documents(current, documents, by=by, now=now)
    current.refresh_from_db()
    return current


@in_one_transaction
def add_to_paper(
    *, paper: Credential, documents: Sequence[StoredDocument], by: User, now: datetime
) -> Credential:
    """Add documents to a paper at any time, to answer what a verifier asked.

    Until somebody has decided that is a new revision, which nobody has looked at yet.
    """
    require(by, AMEND_PAPER, paper)
    current = Credential.objects.select_for_update().get(pk=paper.pk)
    if documents and not _is_decided(current):
        Credential.objects.filter(pk=paper.pk).update(revision=F("revision") + 1)
    add_documents(current, documents, by=by, now=now)
    paper.refresh_from_db()
    return paper


@in_one_transaction
def withdraw_paper(*, paper: Credential, by: User, now: datetime) -> Credential:
    """Take back a paper that nobody has decided on. Twice changes nothing the second time."""
    require(by, HAND_IN_PAPER, paper)
    if paper.withdrawn_at is None:
        undecided(paper)
        Credential.objects.filter(pk=paper.pk, withdrawn_at=None).update(
            withdrawn_at=now, revision=F("revision") + 1
        )
        paper.refresh_from_db()
    return paper


def check_complete(
    type: CredentialType, holder: Practitioner | Location, facts: PaperFacts
) -> None:
    """Raise `PaperIncomplete` unless a paper has what its type asks for."""
    is_place = isinstance(holder, Location)
    if is_place != (type.holder == CredentialType.Holder.LOCATION):
        raise PaperIncomplete(_("This paper belongs to somebody else."))
    if type.expires and facts.expires_date is None:
        raise PaperIncomplete(_("Enter the last day on which it is valid."))
    if not type.expires and facts.expires_date is not None:
        raise PaperIncomplete(_("This paper does not expire: leave the last valid day empty."))
    if facts.issued_date and facts.expires_date and facts.expires_date < facts.issued_date:
        raise PaperIncomplete(_("The last valid day lies before the first."))
    if type.asks_training and not (facts.training_provider and facts.training_hours):
        raise PaperIncomplete(_("Enter who gave the training, and its hours."))


def lock_holder(paper: Credential) -> None:
    """Lock what every booking with this paper's holder locks: hands, or the rooms of a place.

    So that a decision comes wholly before or wholly after any booking.
    """
    if paper.practitioner is not None:
        lock_resources([paper.practitioner.resource_id])
    else:
        assert paper.location is not None
        lock_resources(paper.location.rooms.values_list("resource_id", flat=True))


def add_documents(
    paper: Credential,
    documents: Sequence[StoredDocument],
    *,
    by: User,
    now: datetime,
    is_evidence: bool = False,
) -> None:
    """Write the rows of documents that are stored already."""
    CredentialDocument.objects.bulk_create(
        CredentialDocument(
            credential=paper,
            name=item.name,
            kind=item.kind,
            pages=item.pages,
            bytes=item.bytes,
            sha256=item.sha256,
            original_sha256=item.original_sha256,
            original_name=item.original_name,
            is_evidence=is_evidence,
            uploaded_at=now,
            uploaded_by=by,
        )
        for item in documents
    )


def undecided(paper: Credential) -> Credential:
    """Lock a paper's row and return it as it stands; `PaperDecided` if somebody decided on it."""
    current = Credential.objects.select_for_update().get(pk=paper.pk)
    if current.withdrawn_at is not None:
        raise AlreadyChanged
    if _is_decided(current):
        raise PaperDecided
    return current


def _is_decided(paper: Credential) -> bool:
    return paper.checks.filter(result__in=[result.value for result in DECIDING]).exists()


def _twin_of(paper: Credential, facts: PaperFacts) -> Credential | None:
    rows = Credential.objects.filter(
        type=paper.type,
        practitioner=paper.practitioner,
        location=paper.location,
        withdrawn_at=None,
        checks=None,
        **asdict(facts),
    )
    return rows.order_by("pk").first()


def _not_yet_on(paper: Credential, documents: Sequence[StoredDocument]) -> list[StoredDocument]:
    known = set(paper.documents.values_list("original_sha256", flat=True))
    return [item for item in documents if item.original_sha256 not in known]
