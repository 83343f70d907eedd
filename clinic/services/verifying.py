"""Decide about papers: one appended row per decision."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from clinic.documents.storage import StoredDocument
from clinic.domain.credentials import COUNTING, Result, may_decide
from clinic.models import Credential, User, Verification, VerificationBar
from clinic.permissions import VERIFY_PAPER, require
from clinic.refusals import AlreadyChanged, Refusal
from clinic.selectors.papers import checks_of, paper_of, today_of
from clinic.services.papers import add_documents, lock_holder
from clinic.services.transactions import in_one_transaction


class NotOpenToThis(Refusal):
    """A paper that stands like this can't be decided on like that."""

    code = "not_open_to_this"
    status = 409
    message = _("That can't be decided about a paper that stands like this.")


class DecisionIncomplete(Refusal):
    """A decision lacks its evidence or its reason."""

    code = "decision_incomplete"
    message = _("Say how you checked, and what you found.")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the verifier looked at: the newest check's id (0: none) and the paper's revision."""

    check: int
    revision: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What a verifier found; `barred` are ids of services that a condition bars."""

    result: Result
    method: str = ""
    evidence: str = ""
    reason: str = ""
    note: str = ""
    covers_cosmetic: bool = False
    barred: Collection[int] = ()
    next_check_date: date | None = None


@in_one_transaction
def decide(
    *,
    paper: Credential,
    decision: Decision,
    seen: Seen,
    by: User,
    now: datetime,
    evidence: Sequence[StoredDocument] = (),
) -> Verification:
    """Append a decision about a paper, which takes effect at once.

    Locks what bookings with the holder lock, so that each of them comes wholly before
    (and then stands on the cover list if the paper no longer counts) or wholly after, and
    is refused. Of two verifiers at once the first wins; the other gets `AlreadyChanged`.
    Raises `NotOpenToThis`, `DecisionIncomplete` or `NotAllowed` too. Needs the holder loaded.
    """
    require(by, VERIFY_PAPER, paper)
    _check_whole(decision)
    lock_holder(paper)
    current = Credential.objects.select_for_update().get(pk=paper.pk)
    checks = checks_of([paper.pk]).get(paper.pk, ())
    newest = checks[-1].number if checks else 0
    if current.withdrawn_at or seen != Seen(newest, current.revision):
        raise AlreadyChanged
    if not may_decide(paper_of(current, checks), decision.result, today_of(paper, now)):
        raise NotOpenToThis
    row = Verification.objects.create(
        credential=current,
        by=by,
        at=now,
        result=decision.result.value,
        method=decision.method,
        evidence=decision.evidence,
        reason=decision.reason,
        note=decision.note,
        covers_cosmetic=decision.covers_cosmetic,
        next_check_date=decision.next_check_date,
        revision=current.revision,
    )
    VerificationBar.objects.bulk_create(
        VerificationBar(verification=row, service_id=service_id)
        for service_id in sorted(set(decision.barred))
    )
    add_documents(current, evidence, by=by, now=now, is_evidence=True)
    return row


def _check_whole(decision: Decision) -> None:
    if decision.result in COUNTING and not (decision.method and decision.evidence):
        raise DecisionIncomplete
    if decision.result not in COUNTING and not decision.reason:
        raise DecisionIncomplete(_("Give a reason. The practitioner reads it."))
