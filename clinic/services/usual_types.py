"""Add the usual types of papers of a country to what a clinic keeps."""

from collections.abc import Collection
from dataclasses import asdict

from django.db.models import Max

from clinic.domain.usual_types import USUAL_TYPES
from clinic.models import CredentialType
from clinic.services.transactions import in_one_transaction


@in_one_transaction
def add_usual_types(*, countries: Collection[str]) -> list[CredentialType]:
    """Add the usual types of countries ("US", "GB") and return those that were not there.

    A type that is there already, by its slug, keeps what a manager made of it, so twice adds
    nothing the second time. They are required for nothing until somebody says so.
    """
    wanted = [item for code, items in USUAL_TYPES.items() if code in countries for item in items]
    known = set(CredentialType.objects.values_list("slug", flat=True))
    last = CredentialType.objects.aggregate(last=Max("position"))["last"] or 0
    fresh = [item for item in wanted if item.slug not in known]
    rows = [
        CredentialType(**asdict(item), position=position)
        for position, item in enumerate(fresh, start=last + 1)
    ]
    CredentialType.objects.bulk_create(rows, ignore_conflicts=True)
    return list(CredentialType.objects.filter(slug__in=[item.slug for item in fresh]))
