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
    """A client with one visit tomorrow, as a caller of the API."""
    clinic = make_small_clinic()
    tomorrow = (NOW + timedelta(days=1)).date()
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(tomorrow, 10))
    return Caller(clinic.alice.user)


TAKES_INPUT = {
    "GET /api/v1/slots",
    "GET /api/v1/appointments",
    "POST /api/v1/appointments",
    "PATCH /api/v1/appointments/{appointment_id}",
}


def test_valid_requests_are_answered_as_described(alice):
    operations = _operations()

    assert len(operations) == 8
    for operation in operations:
        _call_often(operation, GenerationMode.POSITIVE, alice.headers)


def test_invalid_requests_are_refused_as_described(alice):
    operations = [operation for operation in _operations() if operation.label in TAKES_INPUT]

    assert len(operations) == 4
    for operation in operations:
        _call_often(operation, GenerationMode.NEGATIVE, alice.headers)


def _operations():
    described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    return [result.ok() for result in described.get_all_operations()]


def _call_often(operation, generation, headers):
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
        with time_machine.travel(NOW, tick=True):
            case.call_and_validate(checks=CHECKS, headers=headers)

    call()
