"""Let many people do something at the same moment, each with a connection, and count the ends."""

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection, connections

from treatments.bench.http_load import all_at_once

PROCESSES = 4
"""The threads of a race at service level are spread over so many processes."""
START_SECONDS = 60

Act = Callable[[], None]
Answer = tuple[str, float, float]
"""An outcome, and when (by the machine's one clock) it was asked for and answered."""


@dataclass(frozen=True, slots=True)
class Race:
    """How a race ended: answers by kind, and milliseconds from start to the last one."""

    outcomes: dict[str, int]
    slowest_ms: float

    @classmethod
    def of(cls, answers: Sequence[Answer]) -> "Race":
        """Sum up what everybody was answered."""
        outcomes = Counter(outcome for outcome, _, _ in answers)
        first = min(began for _, began, _ in answers)
        return cls(dict(outcomes), (max(ended for _, _, ended in answers) - first) * 1000)


def race_at_service(acts: Sequence[Act], *, won: str, warm_up: Act) -> Race:
    """Run all acts at once, with a connection each; the outcome is `won` or an error's name.

    `warm_up` runs before the start, as in a worker that runs already: the first search on
    a new connection takes longer.
    """
    # A forked process must not share our connection.
    connection.close()
    fork = multiprocessing.get_context("fork")
    start = fork.Barrier(len(acts), timeout=START_SECONDS)
    answers = fork.SimpleQueue()
    processes = [
        fork.Process(target=_race_process, args=(acts[n::PROCESSES], won, warm_up, start, answers))
        for n in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    found = [answers.get() for _ in acts]
    for process in processes:
        process.join()
    return Race.of(found)


def _race_process(acts: Sequence[Act], won: str, warm_up: Act, start: Any, answers: Any) -> None:
    def go(act: Act) -> None:
        began = time.perf_counter()
        try:
            warm_up()
            start.wait()
            began = time.perf_counter()
            act()
            outcome = won
        except Exception as error:  # of any kind: it is told as the outcome
            outcome = type(error).__name__
        answers.put((outcome, began, time.perf_counter()))
        connections.close_all()

    all_at_once([partial(go, act) for act in acts])
