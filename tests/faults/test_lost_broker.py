"""The broker killed and started empty, then frozen: nothing is lost, and nobody waits long."""

import http.client
import threading
import time

import pytest

from clinic.models import Message
from tests.faults.conftest import several, waiting, write_notes
from tests.support.processes import BEAT, WORKER, celery, environment, wait_until, web
from tests.support.providers import Recorder, resend

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

FROZEN_SECONDS = several(10, 60)
WORK_GOES_ON_SECONDS = 180
LONGEST_ANSWER_SECONDS = 10
"""Whoever waits for a frozen broker waits longer."""
PAGES = ("/", "/api/v1/services", "/healthz", "/readyz", "/account/login/")


def test_broker_lost_and_frozen_loses_no_message_and_holds_up_no_page(clinic, keep, broker, folder):
    with resend(Recorder()) as recorder:
        env = environment(
            broker.url, broker.cache_url, EMAIL_URL=recorder.url, TEST_DISPATCH_SECONDS="1"
        )
        keep(celery(f"{WORKER} --concurrency 2", env, folder, "worker"))
        keep(celery(BEAT, env, folder, "beat"))
        site, port = web(env, folder)
        keep(site)
        wait_until(lambda: answer_seconds(port, "/healthz") is not None, 180, "the site is up")
        with Visitor(port) as visitor:
            send_some(clinic, 0, "before")

            broker.kill()
            write_notes(clinic, 20, 100)
            time.sleep(several(2, 10))
            broker.start()
            restarted = send_some(clinic, 200, "after an empty restart")

            broker.freeze()
            write_notes(clinic, 20, 300)
            time.sleep(FROZEN_SECONDS)
            broker.thaw()
            thawed = send_some(clinic, 400, "after it was frozen")

    print(
        f"\nwork went on {restarted:.1f} s after an empty restart, {thawed:.1f} s after"
        f" {FROZEN_SECONDS} s frozen; {visitor.answers} answers,"
        f" the slowest {visitor.slowest:.2f} s ({visitor.slowest_page})"
    )
    assert {row.state for row in Message.objects.all()} == {"sent"}
    assert set(recorder.created.values()) == {1}
    assert len(recorder.created) == Message.objects.count() == 100
    assert visitor.slowest < LONGEST_ANSWER_SECONDS
    assert visitor.answers > several(20, 100)


def send_some(clinic, start, words):
    """Write messages and wait until all went out; return how long it took."""
    write_notes(clinic, 20, start)
    return wait_until(lambda: waiting() == 0, WORK_GOES_ON_SECONDS, f"messages go out {words}")


def answer_seconds(port, page):
    """Return how long a page took; None if nobody answers."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", page)
        connection.getresponse().read()
    except OSError:
        return None
    finally:
        connection.close()
    return time.monotonic() - began


class Visitor:
    """Asks for pages all the time, and remembers the slowest answer."""

    def __init__(self, port):
        self.answers, self.slowest, self.slowest_page = 0, 0.0, ""
        self._port = port
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._visit)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._over.set()
        self._thread.join()

    def _visit(self):
        while not self._over.wait(0.1):
            page = PAGES[self.answers % len(PAGES)]
            seconds = answer_seconds(self._port, page)
            assert seconds is not None, f"no answer from {page}"
            self.answers += 1
            if seconds > self.slowest:
                self.slowest, self.slowest_page = seconds, page
