"""Workers killed at random moments lose nothing; what is in doubt is bounded and counted."""

import random
import threading
import time
from collections import Counter

import pytest

from clinic.celery import app
from clinic.models import Message
from tests.faults.conftest import several, waiting, write_notes
from tests.support.processes import WORKER, celery, environment, wait_until
from tests.support.providers import Recorder, resend, smtp

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

MESSAGES, KILLS = several(200, 1000), several(5, 20)
SENDERS, PROCESSES = 4, 2
SERVERS = {"with keys (HTTP)": resend, "without keys (SMTP)": smtp}


@pytest.mark.parametrize("words", SERVERS)
def test_every_message_arrives_though_workers_are_killed(clinic, keep, broker, folder, words):
    random.seed(words)
    recorder = Recorder(lambda key, asked: pause())
    with SERVERS[words](recorder):
        write_notes(clinic, MESSAGES)
        hits = run_with_kills(recorder, broker, keep, folder)

    rows = {str(row.public_id): row for row in Message.objects.all()}
    copies = {key.partition("@")[0]: count for key, count in recorder.created.items()}
    extra = Counter({key: count - 1 for key, count in copies.items() if count > 1})
    report(words, copies, extra, recorder)
    assert {row.state for row in rows.values()} == {"sent"}
    assert set(copies) == set(rows)
    assert all(count <= hits[key] for key, count in extra.items())
    assert all(rows[key].recovered for key in extra)
    assert extra.total() <= KILLS * SENDERS * PROCESSES
    if words.startswith("with keys"):
        assert extra.total() == 0


def pause() -> None:
    """Let a mail take as long as one does, so that kills hit it."""
    time.sleep(random.uniform(0.0, 0.02))


def run_with_kills(recorder, broker, keep, folder):
    """Kill the older of two workers each time some more messages went out."""
    env = environment(
        broker.url,
        broker.cache_url,
        EMAIL_URL=recorder.url,
        MESSAGE_LEASE_SECONDS="3",
        MESSAGE_SENDERS=str(SENDERS),
    )
    numbers = iter(range(10**6))

    def worker():
        words = f"{WORKER} --concurrency {PROCESSES}"
        return keep(celery(words, env, folder, f"worker{next(numbers)}"))

    hits = Counter()
    workers = [worker(), worker()]
    with asking(broker):
        for number in range(KILLS):
            goal = MESSAGES * (number + random.uniform(0.1, 0.9)) / KILLS
            wait_until(lambda goal=goal: len(recorder.created) >= goal, 180, "messages go out")
            workers.pop(0).kill()
            claimed = Message.objects.filter(state="claimed")
            hits.update(str(key) for key in claimed.values_list("public_id", flat=True))
            workers.append(worker())
        wait_until(lambda: waiting() == 0, 180, "all messages are done")
    return hits


class asking:
    """Publish the dispatcher's task a few times a second, as a hasty beat."""

    def __init__(self, broker):
        self._url = broker.url
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._publish)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *error):
        self._over.set()
        self._thread.join()

    def _publish(self):
        with app.connection_for_write(self._url) as connection:
            while not self._over.wait(0.2):
                app.send_task("clinic.tasks.send_due_messages", connection=connection, expires=1)


def report(words, copies, extra, recorder):
    print(
        f"\n{words}: {len(copies)} messages arrived, {KILLS} worker groups killed,"
        f" {extra.total()} duplicates of {len(extra)} messages,"
        f" provider asked {recorder.asked.total()} times"
    )
