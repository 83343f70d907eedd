"""What was measured, round by round; a figure of the report is the median over the rounds."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True, slots=True)
class Row:
    """One target in one round: answers a second, and their times in milliseconds."""

    name: str
    clients: int
    answers_per_second: float
    p50_ms: float
    p95_ms: float
    answers: int

    @classmethod
    def of(cls, name: str, times: Sequence[float], clients: int = 1, elapsed: float = 0) -> "Row":
        """Sum up times in seconds; `elapsed` if the times overlap (several clients)."""
        last = quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]
        return cls(
            name=name,
            clients=clients,
            answers_per_second=len(times) / (elapsed or sum(times)),
            p50_ms=median(times) * 1000,
            p95_ms=last * 1000,
            answers=len(times),
        )


class Samples:
    """The rows of all rounds, by name and number of clients, in the order of their coming."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, int], list[Row]] = defaultdict(list)

    def add(self, row: Row) -> None:
        """Add what one round measured."""
        self._rows[row.name, row.clients].append(row)

    def has(self, name: str, clients: int = 1) -> bool:
        """Tell whether a target was measured."""
        return (name, clients) in self._rows

    def medians(self) -> list[Row]:
        """Return a row per target, each figure the median over the rounds."""
        return [self.median_of(*key) for key in self._rows]

    def median_of(self, name: str, clients: int = 1) -> Row:
        """Return one target's medians over the rounds."""
        rows = self._rows[name, clients]
        return Row(
            name=name,
            clients=clients,
            answers_per_second=median(row.answers_per_second for row in rows),
            p50_ms=median(row.p50_ms for row in rows),
            p95_ms=median(row.p95_ms for row in rows),
            answers=sum(row.answers for row in rows),
        )

    def rounds_of(self, name: str, clients: int = 1) -> list[Row]:
        """Return the rows of one target, round by round."""
        return list(self._rows[name, clients])
