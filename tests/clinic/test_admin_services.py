"""Managers set up services: each rule of segments has its words at its place."""

from typing import Any

import pytest
from django.urls import reverse

from clinic.models import Service
from tests.factories.admin import (
    add_url,
    change_url,
    errors_of,
    list_url,
    manager_browser,
    segment,
    segments_of,
    service_form,
)
from tests.factories.clinic import make_small_clinic

VISIT = [segment(20), segment(25, "cr", "retention"), segment(15, "pcr", "removal")]


@pytest.fixture
def small(db: None) -> Any:
    return make_small_clinic()


@pytest.fixture
def office(small: Any) -> Any:
    return manager_browser(small.mia)


def test_manager_adds_a_service_with_segments(office: Any) -> None:
    rows = [*VISIT, segment(10, "r", "turnover")]

    response = office.post(add_url("clinic_service"), service_form(rows))

    assert response.status_code == 302
    assert segments_of(Service.objects.get(slug="evening-visit")) == [
        ("insertion", 20),
        ("retention", 25),
        ("removal", 15),
        ("turnover", 10),
    ]


@pytest.mark.parametrize(
    ("rows", "place", "words"),
    [
        ([segment(7)], "segments-0-minutes", "multiple of 5"),
        ([segment(0)], "segments-0-minutes", "greater than or equal to 5"),
        ([segment("ten")], "segments-0-minutes", "whole number"),
        ([segment(20, "")], "segments-0-holds_room", "holds somebody"),
        ([segment(20, kind="nap")], "segments-0-kind", "valid choice"),
        ([], "segments", "at least one segment"),
        ([segment(10, "r"), *VISIT], "segments", "from the first segment on"),
        ([*VISIT, segment(5, "r"), segment(5)], "segments", "leave and come back"),
        ([segment(20, "pc")], "segments", "a room is held"),
        ([segment(20, "cr")], "segments", "holds the practitioner"),
        ([*VISIT, segment(5, "pr")], "segments", "Once the client has left"),
        ([segment(480), segment(480)], "segments", "longer than the longest stretch"),
    ],
)
def test_segments_that_are_no_visit_are_refused(
    office: Any, rows: list[Any], place: str, words: str
) -> None:
    errors = errors_of(office.post(add_url("clinic_service"), service_form(rows)))

    assert words in " ".join(errors[place])
    assert not Service.objects.filter(slug="evening-visit").exists()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("price_amount", "-1", "greater than or equal to 0"),
        ("price_amount", "NaN", "number"),
        ("price_currency", "U2D", "three letters"),
        ("name", "bad\x00name", "Null characters"),
        ("slug", "no spaces", "slug"),
        ("bookable_by", "nobody", "valid choice"),
        ("position", "-3", "greater than or equal to 0"),
    ],
)
def test_bad_fields_are_named(office: Any, field: str, value: str, words: str) -> None:
    sent = service_form(VISIT, **{field: value})

    errors = errors_of(office.post(add_url("clinic_service"), sent))

    assert words in " ".join(errors[field])


def test_two_segments_can_change_places(office: Any, small: Any) -> None:
    rows = list(small.follow_up.segments.order_by("position"))
    order = {0: 2, 1: 1, 2: 3, 3: 4}
    sent = [
        segment(
            row.minutes,
            "pcr" if number < 3 else "r",
            row.kind,
            id=row.pk,
            service=small.follow_up.pk,
            position=order[number],
        )
        for number, row in enumerate(rows)
    ]
    form = service_form(sent, slug="follow-up", name="Follow-up")

    response = office.post(change_url("clinic_service", small.follow_up), form)

    assert response.status_code == 302
    assert segments_of(small.follow_up)[:2] == [("retention", 25), ("insertion", 20)]


def test_segment_without_position_goes_to_the_end(office: Any) -> None:
    rows = [segment(15, "pcr", "removal"), segment(20, position=1)]

    office.post(add_url("clinic_service"), service_form(rows))

    assert segments_of(Service.objects.get(slug="evening-visit")) == [
        ("insertion", 20),
        ("removal", 15),
    ]


def test_service_page_shows_the_visit_as_a_bar(office: Any, small: Any) -> None:
    page = office.get(change_url("clinic_service", small.follow_up)).content.decode()

    assert "The client is told 60 minutes. The room is taken for 70 minutes." in page
    assert "Resting, 25 min" in page


def test_preview_answers_what_is_being_typed(office: Any) -> None:
    form = service_form([segment(20), segment(7), segment(30, "cr", "retention")])

    page = office.post(reverse("admin:clinic_service_segments"), form).content.decode()

    assert "The client is told 50 minutes." in page


def test_preview_says_what_is_wrong(office: Any) -> None:
    form = service_form([segment(20, "cr")])

    page = office.post(reverse("admin:clinic_service_segments"), form).content.decode()

    assert "At least one segment holds the practitioner." in page


@pytest.mark.parametrize("sent", [{}, {"segments-0-minutes": "\x00"}, {"segments-0-kind": "x"}])
def test_preview_bears_nonsense(office: Any, sent: dict[str, str]) -> None:
    response = office.post(reverse("admin:clinic_service_segments"), sent)

    assert response.status_code == 200


def test_number_of_queries_does_not_grow_with_services(
    office: Any, django_assert_num_queries: Any
) -> None:
    office.get(list_url("clinic_service"))

    with django_assert_num_queries(8):
        office.get(list_url("clinic_service"))
    for number in range(4):
        form = service_form(VISIT, slug=f"visit-{number}", name=f"Visit {number}")
        office.post(add_url("clinic_service"), form)
    office.get(list_url("clinic_service"))
    with django_assert_num_queries(8):
        office.get(list_url("clinic_service"))
