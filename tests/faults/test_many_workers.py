"""Two beats and four workers send nothing twice."""

import time

import pytest

from clinic.models import Heartbeat, Message
from tests.faults.conftest import several, waiting, write_notes
from tests.support.processes import BEAT, WORKER, celery, environment, wait_until
from tests.support.providers import Recorder, smtp

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

SECONDS = several(6, 300)
A_SECOND = 20


def test_two_beats_and_four_workers_send_each_message_once(clinic, keep, broker, folder):
    with smtp(Recorder()) as recorder:
        env = environment(
            broker.url, broker.cache_url, EMAIL_URL=recorder.url, TEST_DISPATCH_SECONDS="1"
        )
        for number in range(4):
            keep(celery(f"{WORKER} --concurrency 1", env, folder, f"worker{number}"))
        for number in range(2):
            keep(celery(BEAT, env, folder, f"beat{number}"))
        for second in range(SECONDS):
            write_notes(clinic, A_SECOND, second * A_SECOND)
            time.sleep(1)
        wait_until(lambda: waiting() == 0, 180, "all messages are done")

    print(f"\n{len(recorder.created)} messages by 4 workers and 2 beats, none twice")
    assert len(recorder.created) == SECONDS * A_SECOND == Message.objects.count()
    assert set(recorder.created.values()) == {1}
    assert set(Message.objects.values_list("state", "tries", "recovered")) == {("sent", 1, False)}
    assert Heartbeat.objects.filter(name="dispatcher").exists()
