"""Walk through the planning pages with Django's test client, as a person does."""

from typing import Any
from urllib.parse import urlsplit

from django.test import Client as Browser
from django.urls import resolve, reverse

from tests.support.walking import DETAILS, sent_code


def begin_plan(browser: Browser, url: str = "", **said: str) -> str:
    """Choose the course; return the draft's id."""
    answer = browser.post(url or reverse("course-plan"), {"protocol": "facial-course", **said})
    assert answer.status_code == 302, answer.content.decode()
    return draft_of(answer)


def draft_of(answer: Any) -> str:
    """Return the draft's id of the page that an answer leads to."""
    return str(resolve(urlsplit(answer["Location"]).path).kwargs["draft_id"])


def page(name: str, draft: str, *more: object) -> str:
    """Return the address of a step: `page("check", draft)`."""
    return reverse(f"course-plan-{name}", args=[draft, *more])


def plan(browser: Browser, url: str = "", **wishes: Any) -> str:
    """Choose the course and say the wishes; return the draft's id."""
    draft = begin_plan(browser, url)
    answer = browser.post(page("wishes", draft), wishes)
    assert answer.status_code == 302, answer.content.decode()
    return draft


def sign_up(browser: Browser, draft: str, **other: str) -> Any:
    """Say who comes and enter the code from the mail."""
    browser.post(page("details", draft), {**DETAILS, **other})
    return browser.post(page("code", draft), {"code": sent_code()})


def book(browser: Browser, draft: str) -> Any:
    """Press the last button."""
    shown = browser.get(page("check", draft))
    return browser.post(page("check", draft), {"request_id": shown.context["draft"].request_id})
