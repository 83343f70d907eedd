"""Papers for the practitioners of the bench, so that searches there pass the real gate.

A licence and its renewal, an insurance that can be booked past its expiry, a training
that never expires, and a permit of the location: spans that differ by practitioner.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from clinic.domain.credentials import Result
from clinic.models import (
    Credential,
    CredentialRequirement,
    CredentialType,
    User,
    Verification,
)

VERIFIER = "bench-verifier@example.com"
ONE_DAY = timedelta(days=1)
LONG = timedelta(days=3650)
"""Papers outlast what a diary is filled with."""

Proves, Holder = CredentialType.Proves, CredentialType.Holder


def give_papers(
    *, location_id: int, service_id: int, practitioner_ids: Sequence[int], now: datetime
) -> None:
    """Require four types for the service at the location, and verify what is missing of them.

    Calling again gives papers only to who has none.
    """
    types = [_type(slug, **fields) for slug, fields in TYPES.items()]
    for row in types:
        CredentialRequirement.objects.get_or_create(
            type=row, service_id=service_id, location_id=location_id
        )
    verifier, _ = User.objects.get_or_create(
        email=VERIFIER, defaults={"name": "Bench Verifier", "is_active": False}
    )
    has = set(
        Credential.objects.filter(type__in=types).values_list("practitioner_id", "location_id")
    )
    papers = [
        paper
        for number, person in enumerate(practitioner_ids)
        if (person, None) not in has
        for paper in _of_practitioner(person, number, types, verifier, now)
    ]
    if (None, location_id) not in has:
        papers.append(_paper(types[-1], verifier=verifier, now=now, location_id=location_id))
    _verify(Credential.objects.bulk_create(papers), verifier, now)


TYPES: dict[str, dict[str, object]] = {
    "bench-licence": {"proves": Proves.LICENCE},
    "bench-insurance": {
        "proves": Proves.INSURANCE,
        "must_cover_cosmetic": True,
        "book_past_expiry_days": 120,
    },
    "bench-training": {"proves": Proves.TRAINING, "expires": False},
    "bench-permit": {"proves": Proves.PERMIT, "holder": Holder.LOCATION},
}


def _type(slug: str, **fields: object) -> CredentialType:
    words = slug.replace("-", " ").capitalize()
    row, _ = CredentialType.objects.get_or_create(
        slug=slug, defaults={"name": words, "jurisdiction": "US-NY", "issuer": "Bench", **fields}
    )
    return row


def _of_practitioner(
    person: int, number: int, types: Sequence[CredentialType], verifier: User, now: datetime
) -> Iterator[Credential]:
    licence, insurance, training, _permit = types
    renewed = now.date() + (number + 1) * ONE_DAY
    make = partial(_paper, verifier=verifier, now=now, practitioner_id=person)
    yield make(licence, expires=renewed)
    yield make(licence, issued=renewed + ONE_DAY)
    yield make(insurance, expires=now.date() + LONG + number * ONE_DAY)
    yield make(training)


def _paper(
    type: CredentialType,
    *,
    verifier: User,
    now: datetime,
    issued: date | None = None,
    expires: date | None = None,
    practitioner_id: int | None = None,
    location_id: int | None = None,
) -> Credential:
    return Credential(
        type=type,
        name_shown="Bench",
        issuer="Bench",
        covers_cosmetic=Credential.Covers.YES,
        issued_date=issued,
        expires_date=expires or (now.date() + LONG if type.expires else None),
        submitted_at=now,
        submitted_by=verifier,
        practitioner_id=practitioner_id,
        location_id=location_id,
    )


def _verify(papers: Sequence[Credential], verifier: User, now: datetime) -> None:
    Verification.objects.bulk_create(
        Verification(
            credential=paper,
            by=verifier,
            at=now,
            result=Result.VERIFIED,
            method=Verification.Method.REGISTER,
            evidence="made up, for measuring",
            covers_cosmetic=True,
            revision=paper.revision,
        )
        for paper in papers
    )
