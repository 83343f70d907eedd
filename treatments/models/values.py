"""Values of the domain as JSON, where a row keeps them as they were."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from treatments.domain.spacing import GapRule
from treatments.domain.wishes import Hours, Wishes

Phases = list[tuple[int, GapRule]]
"""(from gap, rule), ascending; a rule holds until the next one's gap."""


def phases_to_json(phases: Iterable[tuple[int, GapRule]]) -> list[dict[str, int]]:
    """Return phases as JSON."""
    return [{"from_gap": from_gap, **asdict(rule)} for from_gap, rule in phases]


def phases_from_json(rows: Iterable[Mapping[str, int]], gaps: int) -> tuple[GapRule, ...]:
    """Return the rule of each of so many gaps."""
    phases = sorted(((row["from_gap"], row) for row in rows), key=lambda pair: pair[0])
    return rules_of_phases(
        [
            (from_gap, GapRule(**{name: days for name, days in row.items() if name != "from_gap"}))
            for from_gap, row in phases
        ],
        gaps,
    )


def rules_of_phases(phases: Phases, gaps: int) -> tuple[GapRule, ...]:
    """Return the rule of each of so many gaps; the defaults where no phase says anything."""
    rules = []
    for gap in range(1, gaps + 1):
        known = [rule for from_gap, rule in phases if from_gap <= gap]
        rules.append(known[-1] if known else GapRule())
    return tuple(rules)


def wishes_to_json(wishes: Wishes) -> dict[str, Any]:
    """Return wishes as JSON, without the date to be ready by, which the event gives."""
    return {
        "only_weekdays": sorted(wishes.only_weekdays),
        "only_hours": _hours_to_json(wishes.only_hours),
        "only_practitioner_id": wishes.only_practitioner_id,
        "rather_weekdays": sorted(wishes.rather_weekdays),
        "rather_hours": _hours_to_json(wishes.rather_hours),
        "around_minute": wishes.around_minute,
        "rather_practitioner_id": wishes.rather_practitioner_id,
        "not_before": wishes.not_before.isoformat() if wishes.not_before else None,
    }


def wishes_from_json(row: Mapping[str, Any], *, ready_by: dt.date | None) -> Wishes:
    """Return wishes from their JSON."""
    not_before = row.get("not_before")
    return Wishes(
        only_weekdays=frozenset(row.get("only_weekdays", ())),
        only_hours=_hours_from_json(row.get("only_hours")),
        only_practitioner_id=row.get("only_practitioner_id"),
        rather_weekdays=frozenset(row.get("rather_weekdays", ())),
        rather_hours=_hours_from_json(row.get("rather_hours")),
        around_minute=row.get("around_minute"),
        rather_practitioner_id=row.get("rather_practitioner_id"),
        not_before=dt.date.fromisoformat(not_before) if not_before else None,
        ready_by=ready_by,
    )


def _hours_to_json(hours: Hours | None) -> list[int] | None:
    return [hours.from_minute, hours.to_minute] if hours else None


def _hours_from_json(pair: list[int] | None) -> Hours | None:
    return Hours(*pair) if pair else None
