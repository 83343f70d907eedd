"""Nonsense on every page, from a visitor and from the desk: an answer below 500, always."""

import pytest

from tests.architecture.test_access import TABLE, house, path_of

pytestmark = pytest.mark.django_db

__all__ = ["house"]

NAMES = (
    *("service", "location", "practitioner", "date", "first", "near", "time", "go", "q", "page"),
    *("next", "client", "other", "to", "change", "starts_at", "reason", "request_id", "version"),
    *("to_state", "back", "history_seen", "wish", "name", "email", "phone", "adult", "code"),
    *("request", "no_needling_before", "needs_step_free", "channel", "address"),
    *("show", "type", "holder", "after", "check", "revision", "result", "method", "evidence"),
    *("protocol", "days", "hours", "from_time", "slot", "others", "give_up", "event_date", "more"),
    *("covers_cosmetic", "barred", "next_check_date", "understood", "note"),
    *("name_shown", "number", "issuer", "issued_date", "expires_date", "conditions", "documents"),
    *("kind", "call"),
    *("pin", "again"),
    *("from", "by", "room", "state"),
    *("text", "note_id"),
    *("answer", "repair", "course", "do", "weeks", "until", "training_provider", "training_hours"),
)
NONSENSE = (
    "\0",
    "9999-12-31T23:59:59-23:59",
    "99999999999999999999",
    "'\"><script>alert(1)</script>",
    "http://[",
    "x\r\nSet-Cookie: a=b",
)
GOOD = {
    "service": "follow-up",
    "location": "new-york",
    "practitioner": "any",
    "name": "Ella",
    "email": "ella@example.com",
}


@pytest.mark.parametrize("person", ["nobody", "mia"])
@pytest.mark.parametrize("value", NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_is_answered_below_500(person, value, house):
    clinic, visit, hold, browsers = house

    broken = []
    for name in TABLE:
        if name == "admin:index":
            continue
        path = path_of(name, clinic, visit, hold).partition("?")[0]
        query = {**dict.fromkeys(NAMES, value), **GOOD}
        answers = [
            browsers[person].get(path, query),
            browsers[person].post(path, query, query_params=query),
        ]
        broken += [(name, answer.status_code) for answer in answers if answer.status_code > 499]
        assert all(b"<script>alert(1)" not in answer.getvalue() for answer in answers)

    assert broken == []
