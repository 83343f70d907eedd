"""The words of a visit's line in a staff list (`rows.py` finds them)."""

from typing import NamedTuple


class RowWords(NamedTuple):
    """What the line of a visit says, for `cast`; what is empty does not show."""

    day: str
    time: str
    url: str
    client: str
    service: str
    practitioner: str
    room: str
    location: str
    late: str
    lateness: str
    offered: str
    promised: bool
    needles: str
    papers: str
    desk_notes: str
