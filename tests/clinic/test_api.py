"""Services, practitioners, tokens, errors and the description of the JSON API."""

import json
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import get_resolver

from clinic.models import ApiToken
from clinic.refusals import Busy
from clinic.services.tokens import issue_token, user_of_token
from tests.factories.api import Caller, refused
from tests.factories.clinic import NOW, make_location, make_room, make_service, make_small_clinic

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return make_small_clinic()


FOLLOW_UP = {
    "slug": "follow-up",
    "name": "Follow up",
    "client_minutes": 60,
    "price": {"amount": "120.00", "currency": "USD"},
    "locations": ["new-york"],
}
FIRST_VISIT = {**FOLLOW_UP, "slug": "first-visit", "name": "First visit", "client_minutes": 90}
INSIDE = {**FOLLOW_UP, "slug": "inside", "name": "Inside", "locations": []}


def test_services_as_everybody_sees_them(clinic):
    make_service("inside", bookable_by="staff")

    response = Caller().get("services")

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response.json() == {"services": [FOLLOW_UP, FIRST_VISIT]}


def test_desk_sees_services_of_staff_too(clinic):
    make_service("inside", bookable_by="staff")

    assert Caller(clinic.rosa).get("services").json() == {
        "services": [FOLLOW_UP, FIRST_VISIT, INSIDE]
    }


def test_practitioners_with_services_and_locations(clinic):
    inside = make_service("inside", bookable_by="staff")
    clinic.chen.services.add(inside)
    chen = {"id": str(clinic.chen.public_id), "name": "Chen Li"}
    rest = {"locations": ["new-york"], "verified": []}

    response = Caller().get("practitioners")

    assert response.json() == {
        "practitioners": [
            {**chen, "services": ["follow-up", "first-visit"], **rest},
        ]
    }


def test_services_and_practitioners_cost_one_query_and_their_papers(
    clinic, django_assert_num_queries
):
    place = make_location("san-francisco", "America/Los_Angeles")
    make_room(place, "Bay", [clinic.follow_up])
    Caller().get("services")

    for path, queries in (("services", 1), ("practitioners", 2)):
        with django_assert_num_queries(queries):
            Caller().get(path)


@pytest.mark.parametrize("path", ["services", "practitioners", "appointments"])
@pytest.mark.parametrize(
    "header", ["Bearer nonsense", "Bearer ", "Bearer \x00", "bearer a b", "Bearer ü"]
)
def test_token_that_is_not_known_is_refused(clinic, path, header):
    response = Browser().get(f"/api/v1/{path}", headers={"Authorization": header})

    assert refused(response) == (401, "unauthenticated")
    assert response["WWW-Authenticate"] == "Bearer"


def test_token_of_a_deactivated_login_is_refused(clinic):
    caller = Caller(clinic.rosa)
    clinic.rosa.is_active = False
    clinic.rosa.save()

    assert refused(caller.get("services")) == (401, "unauthenticated")


def test_session_of_a_deactivated_login_is_nobody(clinic, client):
    client.force_login(clinic.rosa, backend="django.contrib.auth.backends.ModelBackend")
    clinic.rosa.is_active = False
    clinic.rosa.save()

    assert client.get("/api/v1/services").status_code == 200
    assert refused(client.get("/api/v1/appointments")) == (401, "unauthenticated")


def test_command_prints_a_token_that_works(clinic):
    out = StringIO()

    call_command("api_token", " Alice@Example.com ", stdout=out)

    token = out.getvalue().strip()
    response = Browser().get("/api/v1/appointments", headers={"Authorization": f"Bearer {token}"})
    assert response.json() == {"appointments": [], "has_more": False}


def test_command_refuses_an_unknown_or_deactivated_login(clinic):
    clinic.alice.user.is_active = False
    clinic.alice.user.save()

    for email in ("nobody@example.com", "alice@example.com"):
        with pytest.raises(CommandError, match=f"no active login with the e-mail {email}"):
            call_command("api_token", email)


@pytest.mark.parametrize(
    "path", ["", "nothing", "services/", "v2/services", "../", "%00", "appointments/a/b", "slots/1"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_path_is_a_problem(method, path):
    assert refused(Browser().generic(method, f"/api/v1/{path}")) == (404, "not_found")
    assert refused(Browser().generic(method, f"/api/{path}")) == (404, "not_found")


def test_unknown_path_needs_no_csrf_token():
    response = Browser(enforce_csrf_checks=True).post("/api/v1/nothing")

    assert refused(response) == (404, "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_wrong_method_is_a_problem_that_names_the_right_ones(method):
    response = Browser().generic(method, "/api/v1/services")

    assert refused(response) == (405, "method_not_allowed")
    assert response["Allow"] == "GET"


@pytest.mark.logs_errors
def test_strange_host_is_a_problem():
    response = Browser().get("/api/v1/services", headers={"Host": "evil.example"})

    assert refused(response) == (400, "invalid")


@pytest.mark.logs_errors
def test_too_large_a_body_is_a_problem(clinic, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10

    response = Caller(clinic.alice.user).send("POST", "appointments", "x" * 20, key="k")

    assert refused(response) == (400, "invalid")


@pytest.mark.logs_errors
def test_crash_is_a_problem_and_logged(clinic, monkeypatch, caplog):
    monkeypatch.setattr("clinic.api.catalogue", lambda: 1 / 0)

    response = Browser(raise_request_exception=False).get("/api/v1/services")

    assert refused(response) == (500, "error")
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.logs_errors
def test_busy_says_when_to_try_again(clinic, monkeypatch):
    def busy():
        raise Busy

    monkeypatch.setattr("clinic.api.catalogue", busy)

    response = Caller().get("services")

    assert refused(response) == (503, "busy")
    assert response["Retry-After"] == "1"


def test_limit_of_a_visitor_is_by_address(clinic, settings):
    settings.API_LIMITS = {"read": 2}
    with time_machine.travel(NOW.replace(second=15), tick=False):
        answers = [Caller().get("services") for _ in range(3)]
        elsewhere = Browser().get("/api/v1/services", REMOTE_ADDR="192.0.2.9")

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert refused(answers[2]) == (429, "too_many")
    assert answers[2]["Retry-After"] == "45"
    assert elsewhere.status_code == 200


def test_limit_of_a_login_is_by_account_and_for_changes_apart(clinic, settings):
    settings.API_LIMITS = {"read": 1, "write": 1}
    alice, bea = Caller(clinic.alice.user), Caller(clinic.bea.user)

    with time_machine.travel(NOW.replace(hour=13), tick=False):
        reads = [caller.get("services").status_code for caller in (alice, alice, bea)]
        writes = [alice.send("POST", "appointments", {}, key="k").status_code for _ in range(2)]

    assert reads == [200, 429, 200]
    assert writes == [400, 429]


def test_description_is_complete():
    document = Browser().get("/api/v1/openapi.json").json()

    described = {
        (path, method.upper()) for path, methods in document["paths"].items() for method in methods
    }
    assert described == set(_operations())
    assert "Problem" in document["components"]["schemas"]


def _operations():
    """Every operation that the root urls reach under /api/v1/."""
    root = next(item for item in get_resolver().url_patterns if str(item.pattern) == "api/v1/")
    for item in root.url_patterns:
        if item.name in NO_OPERATIONS:
            continue
        path = str(item.pattern).replace("<", "{").replace(">", "}")
        view = item.callback.__closure__[0].cell_contents
        for operation in view.operations:
            yield f"/api/v1/{path}", operation.methods[0]


NO_OPERATIONS = {"openapi-json", "openapi-view", "api-root"}


def test_description_names_each_refusal():
    document = Browser().get("/api/v1/openapi.json").json()

    booking = document["paths"]["/api/v1/appointments"]["post"]
    assert sorted(booking["responses"]) == [
        "201", "400", "401", "403", "404", "409", "422", "429", "503"
    ]  # fmt: skip
    assert json.dumps(booking["responses"]["409"]).count("application/problem+json") == 1
    key = next(item for item in booking["parameters"] if item["name"] == "Idempotency-Key")
    assert (key["in"], key["required"]) == ("header", True)


def test_docs_page_has_no_inline_script():
    page = Browser().get("/api/v1/docs")

    text = page.content.decode()
    assert page.status_code == 200
    assert text.count("<script") - text.count("<script src=") == 1
    assert '<script type="application/json"' in text


def test_token_ends_after_its_days_and_says_so(clinic):
    with time_machine.travel(NOW, tick=False):
        caller = Caller(clinic.rosa)
    seen = []
    for days in (89, 90):
        with time_machine.travel(NOW + timedelta(days=days), tick=False):
            seen.append(caller.get("appointments"))

    assert seen[0].status_code == 200
    assert refused(seen[1]) == (401, "token_expired")


def test_last_use_of_a_token_is_written_once_a_day(clinic, django_assert_num_queries):
    token = issue_token(user=clinic.rosa, now=NOW)

    with django_assert_num_queries(2):
        user_of_token(token=token, now=NOW)
    with django_assert_num_queries(1):
        user_of_token(token=token, now=NOW + timedelta(hours=3))

    assert ApiToken.objects.get().last_used_date == NOW.date()


@pytest.mark.parametrize("days", ["0", "731", "-1"])
def test_command_refuses_days_that_make_no_sense(clinic, days):
    with pytest.raises(CommandError):
        call_command("api_token", "alice@example.com", "--days", days)


def test_command_makes_a_token_for_the_days_asked_for(clinic):
    call_command("api_token", "alice@example.com", "--days", "7", stdout=StringIO())

    token = ApiToken.objects.get()
    assert token.expires_at - token.created_at == timedelta(days=7)
