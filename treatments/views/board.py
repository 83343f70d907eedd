"""What of a day changes while one looks at it: the board, shown in the page and polled alone."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.domain.lifecycle import State
from bookings.domain.needling import Stage
from bookings.domain.running import Expected, expected
from bookings.domain.runs import Run
from bookings.models import TimeOff
from bookings.selectors.days import Day, day_of, left_open
from bookings.selectors.running import runs_of
from bookings.selectors.stamps import day_stamp
from clinic.formatting import time_span
from clinic.models import User
from clinic.permissions import RUN_DESK, may
from clinic.selectors.catalogue import Catalogue, LocationFacts
from clinic.selectors.desk_notes import note_counts
from treatments.selectors.offered import offered_until
from treatments.views.diary import timeline
from treatments.views.hands import Hands, Moment, hands
from treatments.views.retention import timers_of
from treatments.views.rows import VisitRow, visit_row
from treatments.views.steps import Failure

RUNS_OVER = timedelta(hours=1)
"""So long after its planned end a client who is here is late, not forgotten."""


def board(
    *,
    user: User,
    snapshot: Catalogue,
    location: LocationFacts,
    on: date,
    now: datetime,
    failure: Failure | None = None,
) -> dict[str, Any]:
    """Return the values of `treatments/day_board.html`.

    The stamp is read before the day: what changes in between shows at the next poll.
    """
    stamp = day_stamp(snapshot=snapshot, location=location, on=on, user=user, now=now)
    seen = day_of(snapshot=snapshot, location=location, on=on, user=user, now=now)
    runs = {run.id: run for run in runs_of(seen.visits)}
    is_today = on == now.astimezone(location.zone).date()
    likely = expected(runs.values(), now) if is_today else {}
    is_desk = may(user, RUN_DESK)
    notes = note_counts([visit.client_id for visit in seen.visits if visit.client_id])
    own = _hands(seen, runs, likely, notes, user, now, failure) if is_today else None
    timers = timers_of(seen.visits, runs, user, now)
    return {
        "stamp": stamp,
        "clock": now.isoformat(),
        "is_today": is_today,
        "is_desk": is_desk,
        "is_of_one": not is_desk,
        "hands": own,
        "timers": timers if is_desk and not own else [],
        "tally": tally(seen, runs),
        "notices": [_notice(item, location) for item in seen.time_off],
        "left_open": _forgotten(user, now) if is_today else 0,
        "timeline": timeline(seen, now, may_book=is_desk, timers=timers),
        "rows": _rows(seen, runs, likely, notes, snapshot, user, now),
        "carded": own.carded if own else frozenset(),
    }


def _forgotten(user: User, now: datetime) -> int:
    """Count the visits left open, but none that only runs late."""
    running = {"state__in": [State.ARRIVED, State.IN_SESSION], "ends_at__gt": now - RUNS_OVER}
    return left_open(user, now).exclude(**running).count()


def tally(seen: Day, runs: Mapping[int, Run]) -> list[tuple[int, str]]:
    """Count the day: what is to come, how visits ended, and whose needles were counted."""
    count = Counter(visit.state_now for visit in seen.visits)
    here = count[State.ARRIVED] + count[State.IN_SESSION]
    awaited = sum(count[state] for state in (State.BOOKED, State.COMPLETED)) + here
    needled = [
        runs[visit.pk]
        for visit in seen.visits
        if visit.service.uses_needles and visit.state_now is State.COMPLETED
    ]
    counted = sum(1 for run in needled if run.stage is Stage.OUT)
    figures = [
        (awaited, ngettext("visit", "visits", awaited)),
        (count[State.BOOKED], _("to come")),
        (here, _("here now")),
        (count[State.COMPLETED], _("done")),
        (count[State.NO_SHOW], _("did not come")),
        (count[State.NOT_TREATED], _("not treated")),
        (count[State.CANCELLED], _("cancelled")),
    ]
    if not needled:
        return figures
    if counted == len(needled):
        return [*figures, (counted, _("with needles, all counted"))]
    return [
        *figures,
        (len(needled) - counted, _("with needles not counted")),
    ]


def _hands(
    seen: Day,
    runs: Mapping[int, Run],
    likely: Mapping[int, Expected],
    notes: Mapping[int, int],
    user: User,
    now: datetime,
    failure: Failure | None,
) -> Hands | None:
    own = [
        visit
        for visit in seen.visits
        if visit.client is not None and visit.practitioner.user_id == user.pk
    ]
    if not own:
        return None
    return hands(
        Moment(
            visits=own,
            runs=runs,
            expected=likely,
            undoable=seen.undoable,
            desk_notes=notes,
            by=user,
            now=now,
            zone=seen.location.zone,
            failure=failure,
        )
    )


def _rows(
    seen: Day,
    runs: Mapping[int, Run],
    likely: Mapping[int, Expected],
    notes: Mapping[int, int],
    snapshot: Catalogue,
    user: User,
    now: datetime,
) -> list[VisitRow]:
    offered = offered_until([visit.pk for visit in seen.visits], now)
    return [
        visit_row(
            visit,
            now,
            can_undo=visit.pk in seen.undoable,
            by=user,
            facts=snapshot,
            run=runs[visit.pk],
            expected=likely.get(visit.pk),
            desk_notes=notes.get(visit.client_id or 0, 0),
            offered_until=offered.get(visit.pk),
        )
        for visit in seen.visits
    ]


def _notice(item: TimeOff, location: LocationFacts) -> str:
    name = item.name or str(item.get_kind_display())
    whose = item.practitioner or item.room or item.location
    is_whole_days = item.ends_at - item.starts_at >= timedelta(hours=23)
    if is_whole_days:
        return _("%(whose)s: %(name)s") % {"whose": whose, "name": name}
    span = time_span(item.starts_at, item.ends_at, location.zone)
    return _("%(whose)s: %(name)s, %(span)s") % {"whose": whose, "name": name, "span": span}
