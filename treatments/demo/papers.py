"""Hand in and decide on the papers of the demo clinic, by the services that people use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from clinic.documents.storage import StoredDocument
from clinic.domain.credentials import COUNTING, Result
from clinic.models import (
    Credential,
    CredentialRequirement,
    CredentialType,
    Location,
    Practitioner,
    Service,
    User,
)
from clinic.services.papers import PaperFacts, hand_in_paper
from clinic.services.usual_types import add_usual_types
from clinic.services.verifying import Decision, Seen, decide
from treatments.demo.certificates import stored_certificate
from treatments.demo.paper_cast import (
    CERTIFICATES,
    INSURANCE,
    INSURANCE_PAST_EXPIRY_DAYS,
    LATEST,
    PERMIT,
    REQUIRED,
    Decided,
    PaperPlan,
)

Holders = Mapping[str, Practitioner | Location]
Documents = Mapping[str, StoredDocument]


@dataclass(frozen=True, slots=True)
class Office:
    """Where papers are seen to: who decides, when it is now, and what was drawn."""

    manager: User
    now: datetime
    today: date
    documents: Documents


def drawn_documents() -> dict[str, StoredDocument]:
    """Draw and store the documents; takes a second or two, outside any transaction."""
    return {key: stored_certificate(*found) for key, found in CERTIFICATES.items()}


def require_papers() -> None:
    """Add the types, and say which service requires which of them."""
    add_usual_types(countries=["US"])
    CredentialType.objects.create(
        slug=PERMIT,
        name="Premises permit, Larkmoor district",
        proves=CredentialType.Proves.PERMIT,
        holder=CredentialType.Holder.LOCATION,
        jurisdiction="US-CA",
        issuer="Larkmoor District Health Office",
        renewal_months=36,
        position=CredentialType.objects.count() + 1,
    )
    CredentialType.objects.filter(slug=INSURANCE).update(
        book_past_expiry_days=INSURANCE_PAST_EXPIRY_DAYS
    )
    types = {row.slug: row for row in CredentialType.objects.all()}
    services = {row.slug: row for row in Service.objects.all()}
    places = {row.slug: row for row in Location.objects.all()}
    CredentialRequirement.objects.bulk_create(
        CredentialRequirement(
            type=types[type_slug], service=services[slug], location=places.get(place or "")
        )
        for type_slug, slugs, place in REQUIRED
        for slug in slugs
    )


def hand_in_all(plans: Iterable[PaperPlan], holders: Holders, office: Office) -> None:
    """Hand in papers and decide on them, in order of the decisions."""
    papers = [(_hand_in(plan, holders, office), plan) for plan in plans]
    steps = [(step, paper) for paper, plan in papers for step in plan.decided]
    for step, paper in sorted(steps, key=lambda pair: (pair[0].days, pair[1].pk)):
        _decide(paper, step, office)


def decide_latest(people: Mapping[str, Practitioner], office: Office) -> None:
    """Decide what was found out only after visits had been booked."""
    for holder, type_slug, step in LATEST:
        paper = Credential.objects.select_related("type", "practitioner", "location").get(
            practitioner=people[holder], type__slug=type_slug
        )
        _decide(paper, step, office)


def _hand_in(plan: PaperPlan, holders: Holders, office: Office) -> Credential:
    holder = holders[plan.holder]
    type = CredentialType.objects.get(slug=plan.type)
    return hand_in_paper(
        type=type,
        holder=holder,
        facts=PaperFacts(
            name_shown=holder.name,
            issuer=plan.issuer or type.issuer,
            number=plan.number,
            issued_date=office.today + timedelta(days=plan.from_days),
            expires_date=_date(office, plan.to_days),
            training_provider=plan.provider,
            training_hours=plan.hours,
            covers_cosmetic="yes" if type.must_cover_cosmetic else "unknown",
        ),
        documents=[office.documents[plan.document]] if plan.document else [],
        by=office.manager if isinstance(holder, Location) else holder.user,
        now=office.now + timedelta(days=plan.handed_in_days),
    )


def _decide(paper: Credential, step: Decided, office: Office) -> None:
    counts = step.result in COUNTING
    newest = paper.checks.order_by("-pk").first()
    decide(
        paper=paper,
        decision=Decision(
            result=step.result,
            method=step.method,
            evidence=step.words if counts else "",
            reason="" if counts else step.words,
            covers_cosmetic=paper.type.must_cover_cosmetic and step.result is Result.VERIFIED,
            next_check_date=_date(office, step.check_again_days),
        ),
        seen=Seen(check=newest.pk if newest else 0, revision=paper.revision),
        by=office.manager,
        now=office.now + timedelta(days=step.days),
    )


def _date(office: Office, days: int | None) -> date | None:
    return None if days is None else office.today + timedelta(days=days)
