"""Managers set up protocols, each rule with its words at its place, and look at courses."""

from typing import Any

import pytest
from django.urls import reverse

from tests.factories.admin import (
    add_url,
    change_url,
    errors_of,
    list_url,
    manager_browser,
    phase,
    protocol_form,
)
from tests.factories.clinic import SmallClinic
from tests.factories.courses import make_course, make_protocol
from treatments.models import Course, Protocol
from treatments.selectors.planning import Figures

PROTOCOL = "treatments_protocol"


@pytest.fixture
def office(clinic: SmallClinic) -> Any:
    return manager_browser(clinic.mia)


def sent(clinic: SmallClinic, rows: list[Any], **changes: Any) -> dict[str, str]:
    return protocol_form((clinic.first_visit, clinic.follow_up), rows, **changes)


def test_manager_adds_a_protocol_with_phases(clinic: SmallClinic, office: Any) -> None:
    rows = [phase(6, (5, 7, 12, 14, 28)), phase(1)]

    response = office.post(add_url(PROTOCOL), sent(clinic, rows, sessions="12"))

    assert response.status_code == 302
    protocol = Protocol.objects.get()
    targets = [rule.target_days for rule in Figures.of(protocol).rules]
    assert targets == [7, 7, 7, 7, 7, 12, 12, 12, 12, 12, 12]


@pytest.mark.parametrize(
    ("rows", "place", "words"),
    [
        ([], "phases", "begins at gap 1"),
        ([phase(2)], "phases", "begins at gap 1"),
        ([phase(1), phase(1)], "phases-1-from_gap", "Another row"),
        ([phase(1), phase(10)], "phases-1-from_gap", "the last gap is number 9"),
        ([phase(0)], "phases-0-from_gap", "greater than or equal to 1"),
        ([phase("two")], "phases-0-from_gap", "whole number"),
        ([phase(1, (0, 7, 7, 14, 28))], "phases-0-floor_days", "greater than or equal to 1"),
        ([phase(1, (8, 7, 7, 14, 28))], "phases-0-min_days", "at or after the shortest"),
        ([phase(1, (5, 7, 6, 14, 28))], "phases-0-target_days", "inside the recommended"),
        ([phase(1, (5, 7, 15, 14, 28))], "phases-0-max_days", "at or after what is aimed at"),
        ([phase(1, (5, 7, 7, 14, 13))], "phases-0-ceiling_days", "at least as long"),
        ([phase(1, (5, 7, 7, 14, 181))], "phases-0-ceiling_days", "less than or equal to 180"),
        ([phase(1, (5, 7, "", 14, 28))], "phases-0-target_days", "required"),
    ],
)
def test_phases_that_are_no_recipe_are_refused(
    clinic: SmallClinic, office: Any, rows: list[Any], place: str, words: str
) -> None:
    errors = errors_of(office.post(add_url(PROTOCOL), sent(clinic, rows)))

    assert words in " ".join(errors[place])
    assert not Protocol.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("sessions", "0", "greater than or equal to 1"),
        ("sessions", "31", "less than or equal to 30"),
        ("sessions", "", "required"),
        ("maintenance_weeks", "3", "greater than or equal to 4"),
        ("maintenance_weeks", "27", "less than or equal to 26"),
        ("event_margin_days", "6", "greater than or equal to 7"),
        ("name", "bad\x00name", "Null characters"),
    ],
)
def test_figures_out_of_bounds_are_refused(
    clinic: SmallClinic, office: Any, field: str, value: str, words: str
) -> None:
    form = {**sent(clinic, [phase()]), field: value}

    errors = errors_of(office.post(add_url(PROTOCOL), form))

    assert words in " ".join(errors[field])


@pytest.mark.parametrize("field", ["first_service", "follow_up_service", "maintenance_service"])
def test_service_that_is_switched_off_is_refused(
    clinic: SmallClinic, office: Any, field: str
) -> None:
    clinic.follow_up.is_active = False
    clinic.follow_up.save()
    services = {
        name: str(clinic.first_visit.pk)
        for name in ("first_service", "follow_up_service", "maintenance_service")
    }
    form = {**sent(clinic, [phase()]), **services, field: str(clinic.follow_up.pk)}

    errors = errors_of(office.post(add_url(PROTOCOL), form))

    assert {name: "switched off" in " ".join(words) for name, words in errors.items()} == {
        field: True
    }


def test_protocol_of_a_service_switched_off_can_be_switched_off(
    clinic: SmallClinic, office: Any
) -> None:
    protocol = make_protocol(clinic)
    clinic.follow_up.is_active = False
    clinic.follow_up.save()
    form = sent(clinic, [phase(1, id=protocol.phases.get().pk, protocol=protocol.pk)])
    del form["is_active"]

    response = office.post(change_url(PROTOCOL, protocol), form)

    assert response.status_code == 302
    assert not Protocol.objects.get().is_active


def test_course_of_one_session_needs_no_phase(clinic: SmallClinic, office: Any) -> None:
    response = office.post(add_url(PROTOCOL), sent(clinic, [], sessions="1"))

    assert response.status_code == 302


def test_running_course_keeps_its_figures(clinic: SmallClinic, office: Any) -> None:
    course = make_course(clinic)
    protocol = course.protocol
    before = (course.length, course.gap_rules, course.maintenance_weeks, course.name)
    rows = [phase(1, (10, 20, 21, 22, 30), id=protocol.phases.get().pk, protocol=protocol.pk)]

    response = office.post(
        change_url(PROTOCOL, protocol), sent(clinic, rows, sessions="4", maintenance_weeks="20")
    )

    course = Course.objects.get()
    assert response.status_code == 302
    assert Figures.of(Protocol.objects.get()).length == 4
    assert (course.length, course.gap_rules, course.maintenance_weeks, course.name) == before


def test_page_shows_the_recipe(clinic: SmallClinic, office: Any) -> None:
    protocol = make_protocol(clinic, sessions=12, phases=[(1, {}), (6, {"target_days": 12})])

    page = office.get(change_url(PROTOCOL, protocol)).content.decode()

    assert "12 sessions, 11 gaps; 107 days from the first to the last" in page
    assert "gaps 1 to 5: 7 days (recommended 7 to 14, never under 5 or over 28)" in page
    assert "gaps 6 to 11: 12 days" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_protocol_list_takes_as_many_queries_for_more_rows(
    clinic: SmallClinic, office: Any, rows: int, django_assert_num_queries: Any
) -> None:
    for number in range(rows):
        make_protocol(clinic, f"p{number}")

    with django_assert_num_queries(8):
        response = office.get(list_url(PROTOCOL))

    assert response.status_code == 200


def test_courses_can_be_looked_at_and_not_changed(clinic: SmallClinic, office: Any) -> None:
    course = make_course(clinic)

    listed = office.get(list_url("treatments_course"), {"q": "Alice"}).content.decode()
    page = office.get(change_url("treatments_course", course))
    changed = office.post(change_url("treatments_course", course), {"name": "Other"})

    assert "0 of 10" in listed
    assert page.content.decode().count("(Booked)") == 10
    assert changed.status_code == 403
    assert office.get(add_url("treatments_course")).status_code == 403
    delete = reverse("admin:treatments_course_delete", args=[course.pk])
    assert office.post(delete, {"post": "yes"}).status_code == 403


def test_reception_has_no_admin_of_courses(clinic: SmallClinic) -> None:
    browser = manager_browser(clinic.rosa)

    assert browser.get(list_url(PROTOCOL)).status_code == 302
    assert browser.get(list_url("treatments_course")).status_code == 302
