"""Notes for the front desk that have not been taken down."""

from collections.abc import Collection, Mapping, Sequence

from django.db.models import Count, QuerySet

from clinic.models import Client, DeskNote


def standing_notes() -> QuerySet[DeskNote]:
    """Return the notes that still hold."""
    return DeskNote.objects.filter(removed_at__isnull=True)


def notes_of(client: Client) -> Sequence[DeskNote]:
    """Return a client's notes with who wrote them, the newest first. One query."""
    rows = standing_notes().filter(client=client).select_related("written_by")
    return list(rows.order_by("-written_at", "-pk"))


def note_counts(client_ids: Collection[int]) -> Mapping[int, int]:
    """Return how many notes clients have, by client; those without are left out. One query."""
    rows = standing_notes().filter(client__in=client_ids).values_list("client").order_by()
    return dict(rows.annotate(number=Count("pk")))
