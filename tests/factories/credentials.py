"""Make papers for tests, and decide on them through the services."""

import hashlib
import secrets
from datetime import date, datetime
from pathlib import Path

from clinic.domain.credentials import Result
from clinic.models import (
    Credential,
    CredentialDocument,
    CredentialRequirement,
    CredentialType,
    Location,
    Practitioner,
    Service,
    User,
    Verification,
)
from clinic.services.papers import PaperFacts, hand_in_paper
from clinic.services.verifying import Decision, Seen, decide
from tests.factories.clinic import NOW
from tests.factories.documents import picture


def make_type(slug: str = "licence", *, required_by=(), location=None, **fields) -> CredentialType:
    """Make a type of paper, required by the given services (at one location, or everywhere)."""
    fields = {
        "name": slug.replace("-", " ").capitalize(),
        "proves": CredentialType.Proves.LICENCE,
        "jurisdiction": "US-NY",
        "issuer": "New York State Board",
        **fields,
    }
    row = CredentialType.objects.create(slug=slug, **fields)
    for service in required_by:
        require_type(row, service, location)
    return row


def require_type(
    type: CredentialType, service: Service, location: Location | None = None
) -> CredentialRequirement:
    """Make a service require a type."""
    return CredentialRequirement.objects.create(type=type, service=service, location=location)


def hand_in(
    type: CredentialType,
    holder: Practitioner | Location,
    *,
    by: User,
    issued: date | None = date(2027, 1, 1),
    expires: date | None = date(2028, 1, 31),
    now: datetime = NOW,
    **facts,
) -> Credential:
    """Hand in a paper without documents."""
    return hand_in_paper(
        type=type,
        holder=holder,
        facts=PaperFacts(
            name_shown=holder.name,
            issuer=type.issuer,
            issued_date=issued,
            expires_date=expires if type.expires else None,
            **facts,
        ),
        documents=[],
        by=by,
        now=now,
    )


def check(
    paper: Credential,
    result: Result = Result.VERIFIED,
    *,
    by: User,
    now: datetime = NOW,
    **decision,
) -> Verification:
    """Decide on a paper as it stands, with evidence or a reason as the result asks for."""
    last = paper.checks.order_by("-pk").first()
    counts = result in (Result.VERIFIED, Result.RENEWAL_PENDING)
    words = {"method": "register", "evidence": "register entry 4711"} if counts else {}
    reason = {} if counts else {"reason": "the register says so"}
    paper.refresh_from_db()
    return decide(
        paper=paper,
        decision=Decision(result, **{**words, **reason, **decision}),
        seen=Seen(check=last.pk if last else 0, revision=paper.revision),
        by=by,
        now=now,
    )


def verified(type: CredentialType, holder: Practitioner | Location, *, by: User, **fields):
    """Hand in a paper and verify it."""
    paper = hand_in(type, holder, by=by, **fields)
    check(paper, by=by, covers_cosmetic=type.must_cover_cosmetic)
    return paper


def add_kept_picture(paper: Credential, folder: Path) -> CredentialDocument:
    """Add a document of one page to a paper, as if it had been taken in before."""
    name = secrets.token_hex(16)
    (folder / name).mkdir(parents=True)
    content = picture()
    (folder / name / "page-1.jpg").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return CredentialDocument.objects.create(
        credential=paper,
        name=name,
        kind="jpeg",
        pages=1,
        bytes=len(content),
        sha256=digest,
        original_sha256=digest,
        original_name="licence.jpg",
        uploaded_at=paper.submitted_at,
        uploaded_by=paper.submitted_by,
    )
