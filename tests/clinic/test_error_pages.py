"""Requests that mean nothing get a page with words, and a way on."""

import pytest
from django.test import Client as Browser

from tests.factories.clinic import make_user

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("path", ["/courses/plan/", "/webhooks/sms/", "/nothing/here/"])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (f"{FORM}; charset=utf-16", "name=Ella".encode("utf-16")),
        (f"{FORM}; charset=nonsense", b"name=Ella"),
        (FORM, b"a=1&" * 1_001),
        ("multipart/form-data", b"name"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n"),
    ],
)
@pytest.mark.logs_errors
def test_body_that_cannot_be_read_is_never_our_fault(content_type, body, path):
    browser = Browser(raise_request_exception=False)

    answer = browser.generic("POST", path, body, content_type=content_type)

    assert 400 <= answer.status_code < 500
    assert "</h1>" in answer.text


def test_address_that_only_takes_forms_says_so():
    browser = Browser()
    browser.force_login(make_user("Rosa Reed", is_reception=True))

    answer = browser.get("/awake/")

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "Nothing to see here" in answer.text
    assert answer["Content-Length"] == str(len(answer.content))
    assert 'href="/me/"' in answer.text


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "text/plain"])
def test_api_says_that_a_body_must_be_json(content_type):
    browser = Browser()
    browser.force_login(make_user("Rosa Reed", is_reception=True))

    answer = browser.generic(
        "POST", "/api/v1/course-plans", b"--x\r\n\r\n", content_type=content_type
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["detail"] == "The body must be JSON."
