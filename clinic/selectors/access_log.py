"""Who looked at a client's record."""

from collections.abc import Sequence

from django.db.models import Q

from clinic.models import AccessLog, Client

LOOKS_SHOWN = 50


def looks_at(client: Client) -> Sequence[AccessLog]:
    """Return the newest looks and changes, those of a record merged into it too. One query."""
    rows = AccessLog.objects.filter(Q(client=client) | Q(client__merged_into=client))
    return list(rows.select_related("by").order_by("-at", "-pk")[:LOOKS_SHOWN])
