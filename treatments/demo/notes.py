"""Notes for the front desk in the demo."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from clinic.models import Client, User
from clinic.services.desk_notes import write_note

TEXTS = (
    _("Comes by taxi; ring for one ten minutes before the end."),
    _("Likes the room at the back, away from the street."),
    _("Leaves a bicycle in the yard. The key hangs at the desk."),
)


def write_notes(
    clients: Sequence[Client], *, reception: User, now: datetime, luck: random.Random
) -> None:
    """Write a few notes, as reception did some days ago."""
    for number, (client, text) in enumerate(zip(clients, TEXTS, strict=False)):
        write_note(
            client=client,
            text=str(text),
            note_id=UUID(int=luck.getrandbits(128), version=4),
            by=reception,
            now=now - timedelta(days=3 + number),
        )
