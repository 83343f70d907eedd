"""Call the JSON API in tests."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from clinic.models import ApiToken, User
from clinic.services.tokens import issue_token
from tests.factories.clinic import NOW


class Caller:
    """A program that calls the API, with the token of a login or as nobody."""

    def __init__(self, user: User | None = None) -> None:
        self._browser = Browser()
        self.headers: dict[str, str] = {}
        if user is not None:
            self.headers["Authorization"] = f"Bearer {issue_token(user=user, now=NOW)}"
            # As on every call of a day but the first, which writes the day down.
            ApiToken.objects.update(last_used_date=timezone.now().date())

    def get(self, path: str, **query: Any) -> HttpResponse:
        """Call GET /api/v1/..."""
        return self._browser.get(f"/api/v1/{path}", query, headers=self.headers)

    def send(
        self, method: str, path: str, body: Any = None, *, key: str | None = None
    ) -> HttpResponse:
        """Send a body as JSON (text as it is), with an Idempotency-Key if one is given."""
        text = body if isinstance(body, str) else json.dumps(body)
        return self._browser.generic(
            method,
            f"/api/v1/{path}",
            text,
            content_type="application/json",
            headers={**self.headers, **({"Idempotency-Key": key} if key else {})},
        )


def refused(response: HttpResponse) -> tuple[int, str]:
    """Return status and code of a problem document, and check that it is one."""
    document = json.loads(response.content)
    assert response["Content-Type"] == "application/problem+json"
    assert document["status"] == response.status_code
    assert {"type", "title", "status", "code", "detail"} <= set(document)
    return response.status_code, document["code"]
