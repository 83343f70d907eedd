"""The benchmark's table and JSON: medians over the rounds, ratios of medians, aims."""

import os
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from treatments.bench import names
from treatments.bench.courses import RACERS
from treatments.bench.racing import Race
from treatments.bench.rivals import BOOKED, RIVALS, RIVALS_AT_A_SLOT, SLOTS_RACED_FOR, TAKEN
from treatments.bench.samples import Row, Samples

SLOWEST_SECONDS = 3
SLOWEST_COURSE_SECONDS = 10
SEARCH_MS = 50
MESSAGES_A_SECOND = 2000
COVER_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure that the project wants to reach (docs/performance.md)."""

    words: str
    wanted: str
    found: str
    is_met: bool


@dataclass(slots=True)
class Findings:
    """Everything that a run found out; the peer may be missing, with the reason."""

    samples: Samples = field(default_factory=Samples)
    slot_races: list[Race] = field(default_factory=list)
    service_races: list[Race] = field(default_factory=list)
    course_races: list[Race] = field(default_factory=list)
    queries: dict[str, int] = field(default_factory=dict)
    messages: dict[str, list[float]] = field(default_factory=dict)
    cover: dict[str, Any] = field(default_factory=dict)
    sizes: dict[str, dict[str, int]] = field(default_factory=dict)
    load_seconds: dict[str, float] = field(default_factory=dict)
    slots_in_answer: dict[str, int] = field(default_factory=dict)
    visits_shown: dict[str, int] = field(default_factory=dict)
    memory_mb: dict[str, list[float]] = field(default_factory=dict)
    missing_peer: str = ""
    run: dict[str, Any] = field(default_factory=dict)


def aims(found: Findings) -> list[Aim]:
    """Compare what was found with what is wanted."""
    return [
        *_speed_aims(found.samples),
        *_history_aims(found.samples),
        *_race_aims(found),
        *_course_aims(found),
        *_message_aims(found),
        *_cover_aims(found.cover),
    ]


def as_json(found: Findings) -> dict[str, Any]:
    """Return a run as a document: figures, aims, and the rounds that they come from."""
    rows = found.samples.medians()
    return {
        "machine": machine(),
        "run": found.run,
        "sizes": found.sizes,
        "load_seconds": found.load_seconds,
        "slots_in_answer": found.slots_in_answer,
        "visits_shown": found.visits_shown,
        "rows": [asdict(row) for row in rows],
        "rounds": [
            asdict(row) for key in rows for row in found.samples.rounds_of(key.name, key.clients)
        ],
        "races": {
            names.RACE_HTTP: [asdict(race) for race in found.slot_races],
            names.RACE_SERVICE: [asdict(race) for race in found.service_races],
            names.RACE_COURSES: [asdict(race) for race in found.course_races],
        },
        "queries": found.queries,
        "messages_per_second": found.messages,
        "cover": found.cover,
        "memory_mb": found.memory_mb,
        "missing_peer": found.missing_peer,
        "aims": [asdict(aim) for aim in aims(found)],
    }


def as_text(found: Findings) -> str:
    """Return a run as lines for a terminal."""
    return "\n".join(_lines(found))


def machine() -> dict[str, Any]:
    """Return what kind of machine this is, without its name."""
    return {
        "processors": len(os.sched_getaffinity(0)),
        "kind": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def _speed_aims(samples: Samples) -> Iterator[Aim]:
    day, one_query = samples.median_of(names.DAY, 8), samples.median_of(names.ONE_QUERY, 8)
    yield _at_least("1 x 1 day : one query, answers/s at c=8", day, one_query, 0.5)
    if samples.has(names.PEER_DAY, 8):
        peer = samples.median_of(names.PEER_DAY, 8)
        yield _at_least("1 x 1 day : django-appointment, answers/s at c=8", day, peer, 8)
    yield _at_most("search 20 x 14 : its bare SQL, p50", samples, names.SEARCH, names.SQL, 1.5)
    words = "search 20 x 14 : the same with no papers required, p50"
    yield _at_most(words, samples, names.SEARCH, names.SEARCH_OPEN, 1.1)
    lone = names.ONE_QUERY
    yield _at_most("answer 20 x 14 : one query, p50 at c=1", samples, names.CLINIC, lone, 25)
    yield _at_most("one booking : one query, p50 at c=1", samples, names.BOOKING, lone, 6)


def _history_aims(samples: Samples) -> Iterator[Aim]:
    for words, name in (("1 x 1 day", names.SEARCH_DAY), ("20 x 14", names.SEARCH)):
        large, small = names.of_history(name, "large"), names.of_history(name, "small")
        yield _at_most(f"search {words}, large : small history, p50", samples, large, small, 1.2)


def _race_aims(found: Findings) -> Iterator[Aim]:
    lost = {"201": 1, "409": RIVALS_AT_A_SLOT - 1}
    yield Aim(
        f"{RIVALS_AT_A_SLOT} rivals for one slot over HTTP",
        "one 201, the rest 409, every round",
        _outcomes(found.slot_races),
        all(race.outcomes == lost for race in found.slot_races),
    )
    booked = {BOOKED: SLOTS_RACED_FOR, TAKEN: RIVALS - SLOTS_RACED_FOR}
    yield Aim(
        f"{RIVALS} clients for {SLOTS_RACED_FOR} slots at service level",
        f"{SLOTS_RACED_FOR} booked, the rest {TAKEN}, every round",
        _outcomes(found.service_races),
        all(race.outcomes == booked for race in found.service_races),
    )
    words = "slowest answer of them, median of the rounds"
    yield _slowest(words, found.service_races, SLOWEST_SECONDS)


def _course_aims(found: Findings) -> Iterator[Aim]:
    samples = found.samples
    words = "plan of 12 sessions : its bare SQL, p50"
    yield _at_most(words, samples, names.PLAN, names.PLAN_SQL, 10)
    search_ms = samples.median_of(names.PLAN_SEARCH).p50_ms
    yield Aim(
        "search of a plan itself, p50",
        f"<= {SEARCH_MS} ms",
        f"{search_ms:.1f} ms",
        search_ms <= SEARCH_MS,
    )
    yield Aim(
        f"{RACERS} clients book courses over the same six weeks",
        f"{RACERS} booked whole, every round",
        _outcomes(found.course_races),
        all(race.outcomes == {BOOKED: RACERS} for race in found.course_races),
    )
    words = "slowest course of them, median of the rounds"
    yield _slowest(words, found.course_races, SLOWEST_COURSE_SECONDS)


def _message_aims(found: Findings) -> Iterator[Aim]:
    rate = median(found.messages[names.dispatch_of(0)])
    words = "messages a second by two processes, provider of 0 ms"
    yield Aim(words, f">= {MESSAGES_A_SECOND}", f"{rate:,.0f}", rate >= MESSAGES_A_SECOND)


def _cover_aims(cover: dict[str, Any]) -> Iterator[Aim]:
    slowest = max(cover["seconds"])
    yield Aim(
        f"cover of {cover['visits']} visits proposed, {cover['of_courses']} of courses",
        f"<= {COVER_SECONDS} s",
        f"{slowest:.1f} s at worst",
        slowest <= COVER_SECONDS,
    )
    ours, simple = _not_kept(cover["proposed"]), _not_kept(cover["simple_way"])
    words = "of them not at their time any more (another time, or a call)"
    yield Aim(words, f"<= {simple}, the simple way", f"{ours}", ours <= simple)


def _not_kept(count: dict[str, int]) -> int:
    return count["moved"] + count["calls"]


def _cover_lines(cover: dict[str, Any]) -> Iterator[str]:
    yield f"cover, choices of {cover['visits']} visits: {cover['options']}"
    for words, name in (("the simple way", "simple_way"), ("by the solver", "solver")):
        if (count := cover[name]) is not None:
            yield (
                f"cover, {words}: {count['moved']} at another time, {count['minutes']} minutes"
                f" away in all, {count['calls']} called"
            )


def _slowest(words: str, races: list[Race], wanted: int) -> Aim:
    slowest = [race.slowest_ms / 1000 for race in races]
    found = f"{median(slowest):.2f} s (worst {max(slowest):.2f} s)"
    return Aim(words, f"<= {wanted} s", found, median(slowest) <= wanted)


def _at_least(words: str, ours: Row, other: Row, wanted: float) -> Aim:
    ratio = ours.answers_per_second / other.answers_per_second
    return Aim(words, f">= {wanted:g}x", f"{ratio:.2f}x", ratio >= wanted)


def _at_most(words: str, samples: Samples, ours: str, other: str, wanted: float) -> Aim:
    ratio = samples.median_of(ours).p50_ms / samples.median_of(other).p50_ms
    return Aim(words, f"<= {wanted:g}x", f"{ratio:.2f}x", ratio <= wanted)


def _outcomes(races: list[Race]) -> str:
    kinds = {" + ".join(f"{n} {what}" for what, n in sorted(r.outcomes.items())) for r in races}
    return "; ".join(sorted(kinds))


def _lines(found: Findings) -> Iterator[str]:
    one_query = found.samples.median_of(names.ONE_QUERY)
    yield ""
    yield f"{'target':<44} {'c':>2} {'answers/s':>10} {'p50 ms':>8} {'p95 ms':>8} {': 1 query':>9}"
    for row in found.samples.medians():
        yield (
            f"{row.name:<44} {row.clients:>2} {row.answers_per_second:>10.1f} {row.p50_ms:>8.2f}"
            f" {row.p95_ms:>8.2f} {_of_one_query(row, one_query):>9}"
        )
    if found.missing_peer:
        yield f"{names.PEER_DAY:<44} could not be measured: {found.missing_peer}"
    yield ""
    for words, races in (
        (names.RACE_HTTP, found.slot_races),
        (names.RACE_SERVICE, found.service_races),
        (names.RACE_COURSES, found.course_races),
    ):
        times = ", ".join(f"{race.slowest_ms:.0f}" for race in races)
        yield f"{words}: {_outcomes(races)}; all answered after {times} ms"
    yield from _facts(found)
    yield ""
    for aim in aims(found):
        verdict = "met" if aim.is_met else "NOT MET"
        yield f"{verdict:<8} {aim.words}: {aim.found} (aim {aim.wanted})"


def _facts(found: Findings) -> Iterator[str]:
    for name, count in found.slots_in_answer.items():
        yield f"slots in the answer, {name}: {count}"
    for name, count in found.visits_shown.items():
        yield f"visits shown, {name}: {count}"
    for name, rates in found.messages.items():
        yield f"{name}, a second: {', '.join(f'{rate:,.0f}' for rate in rates)}"
    yield from _cover_lines(found.cover) if found.cover else ()
    for name, count in found.queries.items():
        yield f"queries, {name}: {count}"
    for name, size in found.sizes.items():
        seconds = found.load_seconds.get(name, 0)
        counts = ", ".join(f"{count:,} {what}" for what, count in size.items())
        yield f"diary {name}: {counts}; loaded in {seconds:.0f} s"
    for name, peaks in found.memory_mb.items():
        yield f"peak memory, {name}: {', '.join(f'{peak:.0f} MB' for peak in peaks)}"


def _of_one_query(row: Row, one_query: Row) -> str:
    return f"{row.p50_ms / one_query.p50_ms:.1f}x" if row.clients == 1 else ""
