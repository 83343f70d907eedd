"""What a cover plan proposes for each visit, and what that came to, as kept in `CoverPlan`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from treatments.domain.covering import StepKind as StepKind


@dataclass(frozen=True, slots=True)
class CoverStep:
    """What is proposed for one visit, as it stood at `version`.

    `asks`: the client is asked before anything changes (each other time, and the same time
    with somebody else where the client asked for one practitioner only). `is_chosen`: a
    person picked it. With `call` there is no practitioner, room, lane or start. `need` is
    the reason for which the visit needs cover, a `CoverReason`.
    """

    visit: UUID
    version: int
    kind: StepKind
    practitioner_id: int | None = None
    room_id: int | None = None
    lane_ids: tuple[int, ...] = ()
    starts_at: datetime | None = None
    asks: bool = False
    is_chosen: bool = False
    need: str = ""

    @property
    def key(self) -> str:
        """What tells the choices of one visit apart in a form."""
        if self.starts_at is None:
            return self.kind.value
        return f"{self.starts_at:%Y%m%dT%H%M}-{self.practitioner_id}"

    def to_json(self) -> dict[str, Any]:
        """Return the step as JSON."""
        return {
            "visit": str(self.visit),
            "version": self.version,
            "kind": self.kind.value,
            "practitioner": self.practitioner_id,
            "room": self.room_id,
            "lanes": list(self.lane_ids),
            "starts_at": self.starts_at.isoformat() if self.starts_at else None,
            "asks": self.asks,
            "is_chosen": self.is_chosen,
            "need": self.need,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Return the step that was kept as JSON."""
        starts_at = row["starts_at"]
        return cls(
            visit=UUID(row["visit"]),
            version=row["version"],
            kind=StepKind(row["kind"]),
            practitioner_id=row["practitioner"],
            room_id=row["room"],
            lane_ids=tuple(row["lanes"]),
            starts_at=datetime.fromisoformat(starts_at) if starts_at else None,
            asks=row["asks"],
            is_chosen=row["is_chosen"],
            need=row["need"],
        )


@dataclass(frozen=True, slots=True)
class Count:
    """How many visits stand on the call list, are offered another time, and by how much."""

    calls: int = 0
    moved: int = 0
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class CoverFigures:
    """What a proposal came to: the solver's answer and the simple one, and which is proposed.

    `winner` is `solver` or `greedy`; `is_proven` that no better one exists; `trouble` why
    the solver gave none.
    """

    visits: int = 0
    options: int = 0
    greedy: Count = field(default_factory=Count)
    solver: Count | None = None
    winner: str = "greedy"
    is_proven: bool = False
    seconds: float = 0.0
    trouble: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the figures as JSON."""
        return {
            "visits": self.visits,
            "options": self.options,
            "greedy": _count_to_json(self.greedy),
            "solver": _count_to_json(self.solver) if self.solver is not None else None,
            "winner": self.winner,
            "is_proven": self.is_proven,
            "seconds": self.seconds,
            "trouble": self.trouble,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Return the figures that were kept as JSON; of a plan not worked out yet, none."""
        if not row:
            return cls()
        solver = row["solver"]
        return cls(
            visits=row["visits"],
            options=row["options"],
            greedy=Count(**row["greedy"]),
            solver=Count(**solver) if solver is not None else None,
            winner=row["winner"],
            is_proven=row["is_proven"],
            seconds=row["seconds"],
            trouble=row["trouble"],
        )


def steps_to_json(steps: Iterable[CoverStep]) -> list[dict[str, Any]]:
    """Return steps as they are kept in `CoverPlan.proposal`."""
    return [step.to_json() for step in steps]


def steps_from_json(rows: Iterable[Mapping[str, Any]]) -> tuple[CoverStep, ...]:
    """Return the steps of `CoverPlan.proposal`."""
    return tuple(CoverStep.from_json(row) for row in rows)


def _count_to_json(count: Count) -> dict[str, int]:
    return {"calls": count.calls, "moved": count.moved, "minutes": count.minutes}
