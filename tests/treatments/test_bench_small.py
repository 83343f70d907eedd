"""The benchmark works: one tiny round, its JSON, and nothing left behind."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from bookings.models import Appointment, Reservation
from tests.factories.clinic import NOW
from treatments.bench import names
from treatments.bench.databases import Databases
from treatments.bench.diary import read
from treatments.bench.http_load import Target, UnexpectedAnswer, measure_in_turn
from treatments.bench.racing import Race
from treatments.bench.report import Findings, aims, as_text
from treatments.bench.samples import Row, Samples
from treatments.bench.staff import thin_out

TINY = (
    "--rounds=1 --seconds=0.2 --appointments=300 --practitioners=4 --small-reservations=400"
    " --large-reservations=1600 --bookings=5 --searches=5 --plans=3 --messages=100 --without-peer"
)

HTTP_ROWS = {
    (name, clients)
    for name in (
        names.HELLO,
        names.ONE_QUERY,
        names.DAY,
        names.CLINIC,
        names.DAY_OF_ONE,
        names.DAY_OF_ALL,
        names.BOARD,
        names.WEEK,
        names.FEED,
        names.FEED_SAME,
    )
    for clients in (1, 8)
}
OTHER_ROWS = {
    (name, 1)
    for name in (
        names.SQL,
        names.SEARCH,
        names.SEARCH_OPEN,
        names.SQL_DAY,
        names.SEARCH_DAY,
        names.BOOKING,
        names.PLAN,
        names.PLAN_SQL,
        names.PLAN_LOADING,
        names.PLAN_SEARCH,
        names.BOOK_COURSE,
        names.of_history(names.SEARCH_DAY, "small"),
        names.of_history(names.SEARCH, "small"),
        names.of_history(names.SEARCH_DAY, "large"),
        names.of_history(names.SEARCH, "large"),
    )
}


@pytest.mark.slow
@pytest.mark.xdist_group("crowds")  # its race has two hundred connections of the server's 300
@pytest.mark.django_db
def test_tiny_run_writes_all_rows_and_leaves_no_database(tmp_path):
    path = tmp_path / "bench.json"
    command = [sys.executable, "manage.py", "bench", f"--json={path}", *TINY.split()]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "clinic.settings.test"}

    done = subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=1200,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(path.read_text())
    assert {(row["name"], row["clients"]) for row in found["rows"]} == HTTP_ROWS | OTHER_ROWS
    assert [race["outcomes"] for race in found["races"][names.RACE_HTTP]] == [{"201": 1, "409": 49}]
    assert [race["outcomes"] for race in found["races"][names.RACE_SERVICE]] == [
        {"booked": 50, "SlotTaken": 150}
    ]
    assert [race["outcomes"] for race in found["races"][names.RACE_COURSES]] == [{"booked": 40}]
    assert found["queries"] == {names.PLAN: 2, names.BOOK_COURSE: 18}
    assert {name: len(rates) for name, rates in found["messages_per_second"].items()} == {
        names.dispatch_of(0): 3,
        names.dispatch_of(50): 3,
    }
    assert found["visits_shown"][names.DAY_OF_ALL] > 0
    assert (found["cover"]["visits"], found["cover"]["of_courses"]) == (30, 20)
    assert found["sizes"]["large"] == {"appointments": 400, "reservations": 1600}
    assert len(found["memory_mb"]["web workers"]) == 2
    assert "django-appointment" in done.stdout
    assert databases_of_benchmark() == []


def databases_of_benchmark() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [r"%\_bench\_%"])
        return [name for (name,) in cursor.fetchall()]


def test_row_sums_up_times_in_milliseconds():
    row = Row.of("a page", [0.001, 0.002, 0.003], clients=2, elapsed=0.004)

    assert (row.answers, round(row.answers_per_second), row.p50_ms) == (3, 750, 2.0)
    assert round(row.p95_ms, 1) == 2.9


def test_figure_is_the_median_over_the_rounds():
    samples = Samples()
    for seconds in (0.001, 0.009, 0.002):
        samples.add(Row.of("a page", [seconds]))

    assert samples.median_of("a page").p50_ms == 2.0


def findings(*, day_rate: float, slowest_ms: float, lost: dict[str, int]) -> Findings:
    found = Findings(missing_peer="no network")
    for name in (names.HELLO, names.ONE_QUERY, names.CLINIC):
        for clients in (1, 8):
            found.samples.add(Row(name, clients, 1000, 1.0, 1.0, 1))
    found.samples.add(Row(names.DAY, 8, day_rate, 1.0, 1.0, 1))
    for name, _ in OTHER_ROWS:
        found.samples.add(Row(name, 1, 1000, 1.0, 1.0, 1))
    found.slot_races.append(Race(lost, 30.0))
    found.service_races.append(Race({"booked": 50, "SlotTaken": 150}, slowest_ms))
    found.course_races.append(Race({"booked": 40}, slowest_ms))
    found.messages[names.dispatch_of(0)] = [2400.0]
    found.cover = {
        "seconds": [3.0, 9.5],
        "visits": 30,
        "of_courses": 20,
        "options": 1000,
        "simple_way": {"calls": 8, "moved": 22, "minutes": 53700},
        "solver": {"calls": 0, "moved": 24, "minutes": 78360},
        "proposed": {"calls": 0, "moved": 24, "minutes": 78360},
    }
    return found


def test_all_aims_are_met_by_good_figures():
    found = findings(day_rate=600, slowest_ms=900, lost={"201": 1, "409": 49})

    assert [aim.words for aim in aims(found) if not aim.is_met] == []


def test_missed_aims_are_named():
    found = findings(day_rate=400, slowest_ms=3100, lost={"201": 2, "409": 48})

    assert [aim.words for aim in aims(found) if not aim.is_met] == [
        "1 x 1 day : one query, answers/s at c=8",
        "50 rivals for one slot over HTTP",
        "slowest answer of them, median of the rounds",
    ]


def test_both_ways_of_cover_are_printed():
    text = as_text(findings(day_rate=600, slowest_ms=900, lost={"201": 1, "409": 49}))

    assert "cover, the simple way: 22 at another time, 53700 minutes away in all, 8 called" in text
    assert "cover, by the solver: 24 at another time, 78360 minutes away in all, 0 called" in text
    assert "cover of 30 visits proposed, 20 of courses: 9.5 s at worst (aim <= 10 s)" in text


def test_table_says_why_the_peer_is_missing():
    found = findings(day_rate=600, slowest_ms=900, lost={"201": 1, "409": 49})

    assert "could not be measured: no network" in as_text(found)


def test_answer_other_than_200_ends_the_benchmark(live_server):
    target = Target("nowhere", int(live_server.url.rsplit(":", 1)[1]), ("/api/v1/nowhere",))

    with pytest.raises(UnexpectedAnswer, match="nowhere"):
        measure_in_turn([target], clients=2, seconds=0.1)


def test_target_that_never_gives_the_counted_answer_ends_the_benchmark(live_server):
    port = int(live_server.url.rsplit(":", 1)[1])
    target = Target("a poll", port, ("/healthz",), statuses=(204, 200))

    with pytest.raises(UnexpectedAnswer, match="a poll: no answer counts"):
        measure_in_turn([target], clients=2, seconds=0.1)


def test_renewed_target_asks_for_fresh_paths_in_each_turn(live_server):
    port = int(live_server.url.rsplit(":", 1)[1])
    paths = iter([("/healthz?turn=1",), ("/healthz?turn=2",)])
    target = Target("a poll", port, (), renew=lambda: next(paths))

    (row,) = measure_in_turn([target], clients=1, seconds=0.5)

    assert row.answers >= 2
    assert next(paths, None) is None


@pytest.mark.django_db
def test_week_is_thinned_out_to_sixty_visits_a_day():
    with time_machine.travel(NOW, tick=False):
        call_command("seed_load", appointments=8 * 142, practitioners=20, days=8, verbosity=0)
    diary = read(NOW)

    for _ in range(2):
        thin_out(diary, NOW)

    # 20 practitioners x 8 hours, 89 of 100 taken: 142 visits a day, as on the eighth still.
    left = Appointment.objects.filter(state="booked").values_list("starts_at__date", flat=True)
    assert sorted(Counter(left).values()) == [60] * 7 + [142]
    assert not Reservation.objects.filter(appointment__state="expired").exists()


@pytest.mark.django_db
def test_databases_are_named_after_the_default_one():
    assert Databases(keep=False).full_name("main").endswith("_bench_main")
