"""The protocols that a clinic begins with, for the demo and for measuring."""

from collections.abc import Iterable
from dataclasses import dataclass

from clinic.models import Service
from treatments.domain.spacing import GapRule
from treatments.models import Protocol, ProtocolPhase
from treatments.models.values import Phases

WEEKLY = GapRule(floor_days=5, min_days=7, target_days=7, max_days=14, ceiling_days=28)
SETTLED = GapRule(floor_days=5, min_days=7, target_days=12, max_days=14, ceiling_days=28)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A protocol without its services; `is_facial` says which ones it takes."""

    slug: str
    name: str
    summary: str
    sessions: int
    phases: tuple[tuple[int, GapRule], ...] = ((1, WEEKLY),)
    is_facial: bool = True


RECIPES = (
    Recipe(
        "facial-course",
        "Facial course",
        "Ten sessions, about a week apart.",
        10,
    ),
    Recipe(
        "intensive-then-settle",
        "Intensive then settle",
        "Twelve sessions: six of them weekly, then about every twelve days.",
        12,
        ((1, WEEKLY), (6, SETTLED)),
    ),
    Recipe(
        "body-course",
        "Body course",
        "Eight sessions for legs and buttocks, about a week apart.",
        8,
        is_facial=False,
    ),
)


@dataclass(frozen=True, slots=True)
class CourseServices:
    """What the sessions of a course are."""

    first: Service
    follow_up: Service
    maintenance: Service


def make_protocols(
    recipes: Iterable[Recipe],
    *,
    facial: CourseServices,
    body: CourseServices,
    slug_prefix: str = "",
) -> dict[str, Protocol]:
    """Make the protocols with their phases, by the slugs of the recipes."""
    made = {}
    for position, recipe in enumerate(recipes, start=1):
        services = facial if recipe.is_facial else body
        protocol = Protocol.objects.create(
            slug=slug_prefix + recipe.slug,
            name=recipe.name,
            summary=recipe.summary,
            sessions=recipe.sessions,
            first_service=services.first,
            follow_up_service=services.follow_up,
            maintenance_service=services.maintenance,
            position=position,
        )
        _write_phases(protocol, list(recipe.phases))
        made[recipe.slug] = protocol
    return made


def _write_phases(protocol: Protocol, phases: Phases) -> None:
    ProtocolPhase.objects.bulk_create(
        ProtocolPhase(
            protocol=protocol,
            from_gap=from_gap,
            floor_days=rule.floor_days,
            min_days=rule.min_days,
            target_days=rule.target_days,
            max_days=rule.max_days,
            ceiling_days=rule.ceiling_days,
        )
        for from_gap, rule in phases
    )
