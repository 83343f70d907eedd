"""Generated requests to every operation: no crash, and answers as the description says."""

from datetime import timedelta

import pytest
import schemathesis
import time_machine
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, checks

from clinic.wsgi import application
from tests.factories.api import Caller
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic
from tests.factories.courses import make_course

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

CHECKS = (
    checks.not_a_server_error,
    checks.content_type_conformance,
    checks.negative_data_rejection,
    checks.response_schema_conformance,
    checks.status_code_conformance,
)


@pytest.fixture
def one_connection(db):
    """Let requests keep the test's connection, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def alice(one_connection):
    """A client with one visit tomorrow and a course, as a caller of the API."""
    clinic = make_small_clinic()
    course = make_course(clinic)
    tomorrow = (NOW + timedelta(days=1)).date()
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(tomorrow, 10))
    caller = Caller(clinic.alice.user)
    caller.course_id = str(course.public_id)
    return caller


TAKES_INPUT = {
    "GET /api/v1/slots",
    "GET /api/v1/appointments",
    "POST /api/v1/appointments",
    "PATCH /api/v1/appointments/{appointment_id}",
    "POST /api/v1/course-plans",
    "POST /api/v1/courses",
    "POST /api/v1/courses/{course_id}/sessions/{number}/move",
    "POST /api/v1/courses/{course_id}/sessions/{number}/cancel",
    "POST /api/v1/courses/{course_id}/pause",
}


def test_valid_requests_are_answered_as_described(alice):
    operations = _operations()

    assert len(operations) == 16
    for operation in operations:
        _call_often(operation, GenerationMode.POSITIVE, alice.headers)


def test_invalid_requests_are_refused_as_described(alice):
    operations = [operation for operation in _operations() if operation.label in TAKES_INPUT]

    assert len(operations) == 9
    for operation in operations:
        _call_often(operation, GenerationMode.NEGATIVE, alice.headers)


def test_generated_wishes_and_changes_of_a_real_course_are_answered_as_described(alice):
    """Slugs and ids made up at random meet nothing, so here they are given."""

    def real(case):
        if "course_id" in case.path_parameters:
            case.path_parameters["course_id"] = alice.course_id
        if "number" in case.path_parameters:
            case.path_parameters["number"] = "3"
        if isinstance(case.body, dict) and "protocol" in case.body:
            case.body |= {"protocol": "facial-course", "location": "new-york"}
            case.body.pop("practitioner", None)

    for operation in _operations():
        if operation.label in COURSES:
            _call_often(operation, GenerationMode.POSITIVE, alice.headers, real)


COURSES = {label for label in TAKES_INPUT if "course" in label} | {
    "GET /api/v1/courses/{course_id}"
}


def _operations():
    described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    return [result.ok() for result in described.get_all_operations()]


def _call_often(operation, generation, headers, change=None):
    @given(case=operation.as_strategy(generation_mode=generation))
    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def call(case):
        if change is not None:
            change(case)
        with time_machine.travel(NOW, tick=True):
            case.call_and_validate(checks=CHECKS, headers=headers)

    call()
