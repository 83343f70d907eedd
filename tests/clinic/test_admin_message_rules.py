"""Managers say when messages go out: in days and hours, within what makes sense."""

from typing import Any

import pytest
from django.urls import reverse

from clinic.messaging.rules import DEFAULTS, rules
from clinic.messaging.timings import SPANS, timing_words
from clinic.models import MessageRule
from tests.factories.admin import change_url, errors_of, list_url, manager_browser
from tests.factories.clinic import make_small_clinic
from tests.support.desk import signed_in, words

MODEL = "clinic_messagerule"


@pytest.fixture
def small(db: None) -> Any:
    return make_small_clinic()


@pytest.fixture
def office(small: Any) -> Any:
    return manager_browser(small.mia)


def rule(name: str) -> MessageRule:
    return MessageRule.objects.get(name=name)


def figures(days: Any = 0, hours: Any = 0, rest: Any = 0, **more: Any) -> dict[str, str]:
    sent = {"days": days, "hours": hours, "rest": rest, "is_active": "on", **more}
    return {name: str(value) for name, value in sent.items()}


def save(office: Any, name: str, **sent: Any) -> Any:
    return office.post(change_url(MODEL, rule(name)), figures(**sent))


@pytest.mark.parametrize(
    ("name", "minutes", "said"),
    [
        ("visit-early", -3 * 1440, "3 days before the visit starts"),
        ("visit-last", -28 * 60, "28 hours before the visit starts"),
        ("visit-first", -1440, "1 day before the visit starts"),
        ("visit-first", -(2 * 1440 + 30), "2 days and 30 minutes before the visit starts"),
        ("recall-due", 0, "as soon as maintenance is due"),
        ("recall-after", 28 * 1440, "28 days after maintenance is due"),
        ("day-list", 7 * 60, "7 hours after midnight"),
        ("of-another-release", -60, "1 hour before what it is about"),
    ],
)
def test_timing_is_said_in_words(name: str, minutes: int, said: str) -> None:
    assert timing_words(name, minutes) == said


def test_every_rule_has_a_span_that_its_default_keeps() -> None:
    assert set(SPANS) == set(DEFAULTS)
    outside = [
        name
        for name, span in SPANS.items()
        if not span.shortest <= abs(DEFAULTS[name].minutes) <= span.longest
        or DEFAULTS[name].minutes != span.signed(abs(DEFAULTS[name].minutes))
    ]
    assert outside == []


def test_list_shows_all_timings_in_words(office: Any) -> None:
    page = words(office.get(list_url(MODEL)))

    assert "First reminder of a visit 3 days before the visit starts" in page
    assert page.count("before the visit starts") == 3


def test_manager_sends_the_reminder_two_days_before(office: Any) -> None:
    answer = save(office, "visit-early", days=2)

    assert answer.status_code == 302
    assert rules("visit-early")["visit-early"].total_seconds() == -2 * 86400


def test_form_shows_the_figures_as_they_are(office: Any) -> None:
    form = office.get(change_url(MODEL, rule("visit-last"))).context["adminform"].form

    shown = [form[name].value() for name in ("days", "hours", "rest")]
    assert shown == [0, 28, 0]


def test_second_reminder_says_that_it_leaves_time_to_move(office: Any) -> None:
    last = words(office.get(change_url(MODEL, rule("visit-last"))))
    early = words(office.get(change_url(MODEL, rule("visit-early"))))

    assert "to leave four hours before a change counts as late" in last
    assert "counts as late" not in early


def test_manager_switches_a_message_off(office: Any) -> None:
    sent = figures(days=3)
    del sent["is_active"]

    office.post(change_url(MODEL, rule("visit-early")), sent)

    assert rules("visit-early") == {}
    assert rule("visit-early").minutes == -3 * 1440


@pytest.mark.parametrize(
    ("name", "sent", "place", "said"),
    [
        ("visit-early", {"days": -2}, "days", "before or after is fixed"),
        ("visit-early", {"days": "two"}, "days", "whole number"),
        ("visit-early", {"days": ""}, "days", "0 is fine"),
        ("visit-early", {"days": 9**20}, "days", "at most 182"),
        ("visit-early", {"hours": 73}, "hours", "at most 72"),
        ("visit-early", {"rest": 60}, "rest", "at most 59"),
        ("visit-early", {"hours": 3}, "__all__", "From 4 hours to 30 days"),
        ("visit-early", {"days": 1}, "__all__", "before the second one, which is 28 hours"),
        ("visit-last", {"days": 3}, "__all__", "after the first one, which is 3 days"),
        ("recall-before", {}, "__all__", "From 1 day to 56 days"),
        ("day-list", {"hours": 24}, "__all__", "From 1 hour to 23 hours and 59 minutes"),
    ],
)
def test_timing_that_makes_no_sense_is_refused(
    office: Any, name: str, sent: dict[str, Any], place: str, said: str
) -> None:
    before = rule(name).minutes

    errors = errors_of(save(office, name, **sent))

    assert said in " ".join(errors[place])
    assert rule(name).minutes == before


def test_name_title_and_sign_cannot_be_sent(office: Any) -> None:
    url = change_url(MODEL, rule("visit-early"))

    office.post(url, {**figures(days=4), "name": "x", "title": "x", "minutes": "99"})

    found = rule("visit-early")
    assert (found.title, found.minutes) == (DEFAULTS["visit-early"].title, -4 * 1440)


@pytest.mark.parametrize("act", ["add", "delete"])
def test_set_of_rules_is_fixed(office: Any, act: str) -> None:
    args = [rule("visit-early").pk] if act == "delete" else []

    answer = office.get(reverse(f"admin:{MODEL}_{act}", args=args))

    assert answer.status_code == 403


def test_reception_does_not_change_timings(small: Any) -> None:
    answer = signed_in(small.rosa).get(list_url(MODEL))

    assert answer.status_code == 302


@pytest.mark.parametrize("model", ["message", "consent", "deadaddress", "callentry"])
def test_what_was_sent_and_agreed_is_not_in_the_admin(office: Any, model: str) -> None:
    assert office.get(f"/admin/clinic/{model}/").status_code == 404
