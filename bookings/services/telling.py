"""Tell a client what became of a visit: rows of the outbox, in the transaction of the change.

    before -> after        told within the grace?   by whom        what is written
    ---------------------  -----------------------  -------------  ----------------------------
    nothing -> booked      -                        anybody        visit_booked
    booked  -> moved       no                       the same side  visit_booked, of the new time
    booked  -> moved       yes                      anybody        visit_moved
    moved   -> moved back  no                       the same side  nothing
    booked  -> cancelled   no                       the same side  nothing
    booked  -> cancelled   yes                      anybody        visit_cancelled
    cancelled -> undone    no                       the same side  nothing
    cancelled -> undone    yes                      the clinic     visit_booked

`bookings/domain/telling.py` decides; a client who acted has seen the page, so what the clinic
does then is told as a change of it.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.domain.lifecycle import State
from bookings.domain.telling import (
    Standing,
    Telling,
    Unsent,
    is_urgent,
    last_told,
    to_tell,
)
from bookings.hooks import untold_changes
from bookings.messages.kinds import REMINDER_KINDS, VISIT
from bookings.models import Appointment
from clinic.messaging.outbox import (
    About,
    ToClient,
    after_grace,
    call,
    messages_to_clients,
    settle_calls,
    supersede,
    tell_clients,
)
from clinic.models import CallEntry, Message

CHANGES = frozenset(telling.value for telling in Telling)
CHANGED_AGAIN = gettext_lazy("The visit has changed again.")


def standing_of(visit: Appointment) -> Standing:
    """Return how a visit stands, to be asked before it is changed."""
    return Standing(visit.starts_at, visit.practitioner_id, visit.state == State.CANCELLED)


def messages_of_booking(visit: Appointment, *, by_client: bool, now: datetime) -> list[Message]:
    """Return what tells of a visit that is new, to be written with it. Needs `client` loaded."""
    wish = _wish(visit, None, by_client=by_client, now=now)
    messages, _unreached = messages_to_clients([wish] if wish is not None else [], now)
    return messages


def tell_all_booked(visits: Iterable[Appointment], *, by_client: bool, now: datetime) -> None:
    """Tell of visits that are new, one message each. Needs `client` loaded."""
    wishes = [_wish(visit, None, by_client=by_client, now=now) for visit in visits]
    tell_clients([wish for wish in wishes if wish is not None], now)


def tell_changed(visit: Appointment, before: Standing, *, by_client: bool, now: datetime) -> None:
    """Tell of a visit that was moved, cancelled or taken back, after it was written.

    What waits about it is dropped, open calls about it are ticked off. Needs `client` loaded.
    """
    unsent = _overtaken([visit.pk]).get(visit.pk)
    settle_calls(
        about=VISIT, ids=[visit.pk], but_version=visit.version, now=now, note=str(CHANGED_AGAIN)
    )
    told = last_told(before=before, unsent=unsent, by_client=by_client)
    _tell(visit, told=told, by_client=by_client, now=now)


def _tell(visit: Appointment, *, told: Standing | None, by_client: bool, now: datetime) -> None:
    wish = _wish(visit, told, by_client=by_client, now=now)
    if wish is None:
        return
    unreached = tell_clients([wish], now)
    if wish.everywhere:
        _call([wish], CallEntry.Reason.CHANGED_SOON, visit, now)
    elif not by_client and told is not None:
        _call(unreached, CallEntry.Reason.NO_ADDRESS, visit, now)


def _wish(
    visit: Appointment, told: Standing | None, *, by_client: bool, now: datetime
) -> ToClient | None:
    after = standing_of(visit)
    telling = to_tell(told=told, now=after)
    if telling is None or now >= visit.starts_at:
        return None
    assert visit.client is not None
    urgent = is_urgent(told=told, now=after, at=now, by_client=by_client)
    return ToClient(
        kind=telling,
        client=visit.client,
        about=About(VISIT, visit.pk, visit.version),
        location_id=visit.location_id,
        due_at=now if urgent else after_grace(now),
        everywhere=urgent,
        details=_details(told, by_client=by_client),
    )


def _call(
    wishes: list[ToClient], reason: CallEntry.Reason, visit: Appointment, now: datetime
) -> None:
    call(wishes, reason=reason, call_by=visit.starts_at, now=now)


def take_over(visit_ids: Collection[int], now: datetime) -> dict[int, Unsent]:
    """Drop what waits about visits of which another message tells from now on.

    Their open calls are ticked off. Returns by visit the waiting change, where nobody was sent
    it yet.
    """
    settle_calls(about=VISIT, ids=visit_ids, but_version=None, now=now, note=str(CHANGED_AGAIN))
    return _overtaken(visit_ids)


def _overtaken(visit_ids: Collection[int]) -> dict[int, Unsent]:
    """Drop what waits about visits; return by visit the waiting change if nobody was sent it."""
    waiting = supersede(
        about=VISIT,
        ids=visit_ids,
        kinds=[*CHANGES, *REMINDER_KINDS.values()],
        reason=_("The visit has changed since."),
    )
    changes: dict[int, list[Message]] = {}
    for row in waiting:
        if row.kind in CHANGES:
            changes.setdefault(row.about_id, []).append(row)
    # What was tried may have arrived, and the other channel may have been faster.
    gone = under_way([rows[0] for rows in changes.values()])
    return {**untold_changes.of(visit_ids)} | {
        visit_id: _unsent(rows[0].details)
        for visit_id, rows in changes.items()
        if not any(row.tries for row in rows) and rows[0].pk not in gone
    }


def under_way(rows: Sequence[Message]) -> set[int]:
    """Return those of these messages (pks) that another channel has sent, or is about to.

    One query; none without messages.
    """
    if not rows:
        return set()
    others = Message.objects.filter(
        about__in={row.about for row in rows},
        about_id__in={row.about_id for row in rows},
        kind__in={row.kind for row in rows},
        state__in=[Message.State.CLAIMED, Message.State.SENT],
    )
    gone = set(others.values_list("about", "about_id", "kind", "about_version"))
    return {
        row.pk for row in rows if (row.about, row.about_id, row.kind, row.about_version) in gone
    }


def _details(told: Standing | None, *, by_client: bool) -> dict[str, Any]:
    if told is None:
        return {"by_client": by_client}
    return {
        "by_client": by_client,
        "old_starts_at": told.starts_at.isoformat(),
        "old_practitioner": told.practitioner_id,
        "was_cancelled": told.is_cancelled,
    }


def _unsent(details: dict[str, Any]) -> Unsent:
    told = None
    if "old_starts_at" in details:
        told = Standing(
            datetime.fromisoformat(details["old_starts_at"]),
            details["old_practitioner"],
            details["was_cancelled"],
        )
    return Unsent(told, by_client=details.get("by_client", False))
