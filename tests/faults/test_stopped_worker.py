"""A worker that is asked to stop leaves nothing in doubt."""

import signal

import pytest

from clinic.celery import app
from clinic.models import Message
from tests.faults.conftest import write_notes
from tests.support.processes import WORKER, celery, environment, wait_until
from tests.support.providers import Fault, Recorder, resend

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]


def test_worker_asked_to_stop_gives_back_what_it_has_not_begun(clinic, keep, broker, folder):
    slow = Fault(words={"id": "x"}, seconds=0.3)
    with resend(Recorder(lambda key, asked: slow)) as recorder:
        env = environment(broker.url, broker.cache_url, EMAIL_URL=recorder.url)
        worker = keep(celery(f"{WORKER} --concurrency 1", env, folder, "worker"))
        write_notes(clinic, 600)
        with app.connection_for_write(broker.url) as connection:
            app.send_task("clinic.tasks.send_due_messages", connection=connection)
        wait_until(lambda: recorder.asked.total() > 20, 180, "messages go out")

        worker.signal(signal.SIGTERM)
        worker.process.wait(300)

    asked = recorder.asked.total()
    assert 20 < asked < 600
    assert Message.objects.filter(state="claimed").count() == 0
    assert Message.objects.filter(state="sent").count() == asked
    assert Message.objects.filter(state="due", tries=0).count() == 600 - asked
