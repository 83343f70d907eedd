"""Lock what can be in one place only."""

from collections.abc import Iterable

from clinic.models import Resource


def lock_resources(resource_ids: Iterable[int]) -> None:
    """Lock the rows of resources in id order, until the transaction ends.

    Waits at most the lock timeout; rivals queue here instead of meeting in a deadlock.
    """
    ids = sorted(set(resource_ids))
    list(
        Resource.objects.filter(pk__in=ids)
        .order_by("pk")
        .select_for_update()
        .values_list("pk", flat=True)
    )
