"""A worker that was taken over, or that breaks, is believed in nothing."""

import sys

import pytest

from clinic.documents import cleaning
from clinic.documents.refusals import DocumentTooSlow, DocumentUnreadable, TooManyPages
from clinic.documents.storage import store
from tests.factories.documents import endless_pdf, picture, upload

START = """
import os, sys
kind, source, target = sys.argv[1:]
def page(number, content=b"\\xff\\xd8\\xff good"):
    with open(f"{target}/page-{number}.jpg", "wb") as file:
        file.write(content)
"""
GOOD = "page(1); print('{\"pages\": 1}')"
WRONG = {
    "crash": "page(1); os.abort()",
    "error": "page(1); raise SystemExit(3)",
    "no answer": "page(1)",
    "nonsense": "page(1); print('pages')",
    "list": "page(1); print('[1]')",
    "no number": 'page(1); print(\'{"pages": "1"}\')',
    "no page": "print('{\"pages\": 0}')",
    "fewer than said": "page(1); print('{\"pages\": 2}')",
    "more than said": "page(1); page(2); print('{\"pages\": 1}')",
    "another name": "page(1); page('../x'); os.mkdir(target + '/x'); print('{\"pages\": 1}')",
    "html": "page(1, b'<html>'); print('{\"pages\": 1}')",
    "link": "os.symlink(source, target + '/page-1.jpg'); print('{\"pages\": 1}')",
    "hard link": "os.link(source, target + '/page-1.jpg'); print('{\"pages\": 1}')",
    "folder": "os.mkdir(target + '/page-1.jpg'); print('{\"pages\": 1}')",
    "unknown refusal": 'print(\'{"refused": "lunch"}\')',
}


@pytest.fixture
def use(monkeypatch):
    """Put a worker of the test's own in place of ours."""

    def put(script: str) -> None:
        monkeypatch.setattr(cleaning, "WORKER", (sys.executable, "-c", START + script))

    return put


def test_worker_that_keeps_to_the_rules_is_believed(use):
    use(GOOD)

    assert store(upload(picture())).pages == 1


@pytest.mark.parametrize("script", WRONG.values(), ids=WRONG)
def test_worker_that_breaks_them_leaves_nothing(script, use, documents):
    use(script)

    with pytest.raises(DocumentUnreadable):
        store(upload(picture()))

    assert list(documents.iterdir()) == []


def test_refusal_of_the_worker_is_raised(use, documents):
    use('page(1); print(\'{"refused": "too_many_pages"}\')')

    with pytest.raises(TooManyPages):
        store(upload(picture()))

    assert list(documents.iterdir()) == []


def test_worker_knows_nothing_of_our_environment(use, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "not for the worker")
    use("set(os.environ) <= {'LC_CTYPE'} or sys.exit(1); " + GOOD)

    assert store(upload(picture())).pages == 1


def test_worker_gets_no_open_file_of_ours(use):
    use("os.listdir('/proc/self/fd') == ['0', '1', '2', '3'] or sys.exit(1); " + GOOD)

    assert store(upload(picture())).pages == 1


def test_worker_that_takes_too_long_is_stopped(monkeypatch, documents):
    monkeypatch.setattr(cleaning, "WALL_SECONDS", 1)

    with pytest.raises(DocumentTooSlow):
        store(upload(endless_pdf()))

    assert list(documents.iterdir()) == []


@pytest.mark.parametrize("signal", ["SIGXCPU", "SIGALRM"])
def test_worker_out_of_time_is_told_apart_from_a_crash(signal, use):
    use(f"import signal; os.kill(os.getpid(), signal.{signal})")

    with pytest.raises(DocumentTooSlow):
        store(upload(picture()))


def test_warning_names_no_file_and_no_person(use, caplog):
    use("page(1); raise SystemExit(3)")

    with pytest.raises(DocumentUnreadable):
        store(upload(picture(), "alice-licence.jpg"))

    assert caplog.messages == ["The worker of documents ended with 3."]
