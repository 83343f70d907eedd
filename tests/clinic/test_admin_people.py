"""Managers set up places, rosters, clients and logins; strangers get nothing."""

from typing import Any

import pytest

from clinic.models import Client, Location, RosterException, User
from clinic.services.tokens import issue_token
from tests.factories.admin import (
    add_url,
    change_url,
    errors_of,
    hours,
    hours_rows,
    list_url,
    location_form,
    manager_browser,
    practitioner_form,
)
from tests.factories.clinic import NOW, make_location, make_small_clinic, make_user
from tests.factories.credentials import hand_in, make_type

PAGES = (
    "clinic_location", "clinic_room", "clinic_service", "clinic_practitioner", "clinic_client",
    "clinic_user", "clinic_apitoken", "bookings_timeoff", "bookings_appointment",
    "bookings_statuschange", "bookings_changerequest",
)  # fmt: skip


@pytest.fixture
def small(db: None) -> Any:
    return make_small_clinic()


@pytest.fixture
def office(small: Any) -> Any:
    return manager_browser(small.mia)


@pytest.mark.parametrize("model", PAGES)
def test_manager_sees_every_list(office: Any, model: str) -> None:
    assert office.get(list_url(model)).status_code == 200


@pytest.mark.parametrize("model", PAGES)
@pytest.mark.parametrize("query", ["q=%00", "q=%25%27", "state=x&o=99.z", "p=-7", "pk__in=a"])
def test_lists_bear_nonsense(office: Any, model: str, query: str) -> None:
    response = office.get(f"{list_url(model)}?{query}")

    assert response.status_code in (200, 302)


@pytest.mark.parametrize("model", PAGES)
def test_reception_and_clients_do_not_see_the_admin(small: Any, model: str) -> None:
    for user in (small.rosa, small.alice.user, small.chen.user):
        assert manager_browser(user).get(list_url(model)).status_code in (302, 403)


def test_front_page_groups_what_belongs_together(office: Any) -> None:
    page = office.get("/admin/").content.decode()

    places = [page.index(f">{name}<") for name in ("What can be booked", "The diary")]
    assert places == sorted(places)
    assert "People and access" in page


@pytest.mark.parametrize("path", ["/admin/", "/admin/clinic/location/"])
def test_admin_calls_for_overdue_needles_as_every_staff_page_does(office: Any, path: str) -> None:
    page = office.get(path).content.decode()

    assert 'id="alarms" role="alert" hx-get="/day/alarms/"' in page
    assert page.count('name="htmx-config"') == page.count("js/timers.js") == 1
    assert "/static/django_htmx/htmx" in page


@pytest.mark.parametrize("value", ["999999999999999999999", "%00", "x"])
def test_unknown_rows_lead_back(office: Any, value: str) -> None:
    response = office.get(f"/admin/clinic/client/{value}/change/")

    assert response.status_code in (302, 404)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("zone", "Mars/Olympus", "is not a time zone"),
        ("zone", "America/New\x00York", "Null characters"),
        ("slot_step_minutes", "12", "multiple of 5"),
        ("slot_step_minutes", "often", "whole number"),
        ("hold_minutes", "500", "at most 120 minutes"),
        ("minimum_notice_minutes", "2000000000", "shorter than the days"),
        ("horizon_days", "0", "greater than or equal to 1"),
        ("holiday_country", "ZZ", "no public holidays"),
        ("holiday_subdivision", "QQ", "no state or region"),
        ("phone", "12", "phone"),
        ("email", "nobody", "e"),
    ],
)
def test_bad_location_is_refused_at_its_field(
    office: Any, field: str, value: str, words: str
) -> None:
    errors = errors_of(office.post(add_url("clinic_location"), location_form(**{field: value})))

    assert words in " ".join(errors[field])
    assert not Location.objects.filter(slug="boston").exists()


def test_good_location_is_added(office: Any) -> None:
    sent = location_form(holiday_country="us", holiday_subdivision="ny")

    assert office.post(add_url("clinic_location"), sent).status_code == 302
    made = Location.objects.get(slug="boston")
    assert (made.holiday_country, made.holiday_subdivision) == ("US", "NY")


def test_roster_row_is_added(office: Any, small: Any) -> None:
    rows = [*hours_rows(small.chen), hours(small.location, 6, "10:00", "14:00")]

    response = office.post(
        change_url("clinic_practitioner", small.chen), practitioner_form(small.chen, weekly=rows)
    )

    assert response.status_code == 302
    assert small.chen.roster_hours.filter(weekday=6).count() == 1


@pytest.mark.parametrize(
    ("row", "place", "words"),
    [
        (("16:00", "18:00", {}), "__all__", "overlap those of Monday, 09:00 to 17:00"),
        (("18:00", "12:00", {}), "ends", "end after they start"),
        (("18:00", "18:00", {}), "ends", "end after they start"),
        (("18:00", "25:00", {}), "ends", "valid time"),
        (("18:00", "19:00", {"valid_to": "2026-12-31"}), "valid_to", "not before the first"),
        (("18:00", "19:00", {"valid_from": ""}), "valid_from", "required"),
        (("18:00", "19:00", {"valid_from": "9999-12-31"}), "valid_from", "2000 and 2100"),
        (("18:00", "19:00", {"weekday": 8}), "weekday", "valid choice"),
    ],
)
def test_bad_roster_row_is_refused(office: Any, small: Any, row: Any, place: str, words: str):
    starts, ends, extra = row
    added = {**hours(small.location, 1, starts, ends), **extra}
    sent = practitioner_form(small.chen, weekly=[*hours_rows(small.chen), added])

    errors = errors_of(office.post(change_url("clinic_practitioner", small.chen), sent))

    assert words in " ".join(errors[f"roster_hours-5-{place}"])
    assert small.chen.roster_hours.count() == 5


def test_roster_may_not_overlap_at_another_location(office: Any, small: Any) -> None:
    elsewhere = make_location("boston")
    rows = [*hours_rows(small.chen), hours(elsewhere, 1, "16:00", "18:00")]

    response = office.post(
        change_url("clinic_practitioner", small.chen), practitioner_form(small.chen, weekly=rows)
    )

    assert "overlap" in " ".join(errors_of(response)["roster_hours-5-__all__"])


@pytest.mark.parametrize(
    ("starts", "ends", "status"), [("09:00", "13:00", 302), ("09:00", "14:00", 200)]
)
def test_roster_in_another_zone_is_compared_in_instants(
    office: Any, small: Any, starts: str, ends: str, status: int
) -> None:
    # 9am in New York is 2pm in London, and 1pm in the weeks between the two clock changes.
    london = make_location("london", "Europe/London")
    rows = [*hours_rows(small.chen), hours(london, 1, starts, ends)]

    response = office.post(
        change_url("clinic_practitioner", small.chen), practitioner_form(small.chen, weekly=rows)
    )

    assert response.status_code == status


def test_roster_that_follows_in_time_may_have_the_same_hours(office: Any, small: Any) -> None:
    rows = hours_rows(small.chen)
    rows[0]["valid_to"] = "2026-12-31"
    rows.append(hours(small.location, 1, "10:00", "15:00"))

    response = office.post(
        change_url("clinic_practitioner", small.chen), practitioner_form(small.chen, weekly=rows)
    )

    assert response.status_code == 302


@pytest.mark.parametrize(
    ("rows", "place", "words"),
    [
        ([("2027-06-08", "09:00", "")], "0-ends", "both times"),
        ([("2027-06-08", "", "12:00")], "0-starts", "both times"),
        ([("2027-06-08", "12:00", "09:00")], "0-ends", "end after they start"),
        ([("9999-12-31", "", "")], "0-date", "between 2000 and 2100"),
        ([("soon", "", "")], "0-date", "valid date"),
        ([("2027-06-08", "09:00", "12:00"), ("2027-06-08", "11:00", "13:00")], "1-__all__", "lap"),
        ([("2027-06-08", "", ""), ("2027-06-08", "11:00", "13:00")], "1-__all__", "day off"),
    ],
)
def test_bad_dated_hours_are_refused(
    office: Any, small: Any, rows: list[Any], place: str, words: str
) -> None:
    dated = [
        {"location": small.location.pk, "date": date, "starts": starts, "ends": ends}
        for date, starts, ends in rows
    ]
    sent = practitioner_form(small.chen, dated=dated)

    errors = errors_of(office.post(change_url("clinic_practitioner", small.chen), sent))

    assert words in " ".join(errors[f"roster_exceptions-{place}"])
    assert not RosterException.objects.exists()


def test_new_practitioner_gets_the_role(office: Any, small: Any) -> None:
    login = User.objects.create_user("edda@example.com")
    sent = practitioner_form(small.chen, weekly=[], name="Edda Ruiz", slug="edda", user=login.pk)

    response = office.post(add_url("clinic_practitioner"), sent)

    assert response.status_code == 302
    login.refresh_from_db()
    assert login.is_practitioner


def test_clients_are_found_by_name_mail_and_phone(office: Any) -> None:
    for words in ("alice", "arden", "alice@example.com", "5550111"):
        page = office.get(list_url("clinic_client"), {"q": words}).content.decode()
        assert "Alice Arden" in page


def test_client_is_entered_with_marks(office: Any) -> None:
    sent = {"name": " Cleo  Park ", "email": "Cleo@Example.com", "phone": "", "never_overlap": "on"}

    assert office.post(add_url("clinic_client"), sent).status_code == 302
    made = Client.objects.get(name="Cleo Park")
    assert (made.email, made.never_overlap) == ("cleo@example.com", True)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "required"),
        ("name", "a\x00b", "Null characters"),
        ("email", "a@b", "valid email"),
        ("phone", "call me", "phone"),
        ("no_needling_before", "9999-01-01", "between 2000 and 2100"),
        ("no_needling_before", "32/13/1", "valid date"),
    ],
)
def test_bad_client_is_refused(office: Any, field: str, value: str, words: str) -> None:
    sent = {"name": "Cleo Park", "email": "", "phone": "", field: value}

    errors = errors_of(office.post(add_url("clinic_client"), sent))

    assert words in " ".join(errors[field])


def test_address_of_a_login_stays_its_owners(office: Any, small: Any) -> None:
    sent = {"name": "Alice Arden", "email": "thief@example.com", "phone": "+12125550111"}

    office.post(change_url("clinic_client", small.alice), sent)

    small.alice.refresh_from_db()
    assert small.alice.email == "alice@example.com"


@pytest.mark.parametrize("model", ["clinic_client", "clinic_practitioner", "clinic_room"])
def test_what_has_reservations_is_never_deleted(office: Any, small: Any, model: str) -> None:
    thing = {
        "clinic_client": small.alice,
        "clinic_practitioner": small.chen,
        "clinic_room": small.rooms[0],
    }[model]

    response = office.post(
        change_url(model, thing).replace("/change/", "/delete/"), {"post": "yes"}
    )

    assert response.status_code == 403
    assert type(thing).objects.filter(pk=thing.pk).exists()


def test_new_login_has_roles_and_no_password(office: Any) -> None:
    sent = {"email": "New@Example.com", "name": "New", "is_active": "on", "is_reception": "on"}

    assert office.post(add_url("clinic_user"), sent).status_code == 302
    made = User.objects.get(email="new@example.com")
    assert made.is_reception
    assert not made.has_usable_password()


def test_second_login_for_an_address_is_refused(office: Any) -> None:
    sent = {"email": "ALICE@example.com", "name": "", "is_active": "on"}

    assert "email" in errors_of(office.post(add_url("clinic_user"), sent))


def test_manager_can_not_lock_themselves_out(office: Any, small: Any) -> None:
    errors = errors_of(office.post(change_url("clinic_user", small.mia), {"name": "Mia Moss"}))

    assert set(errors) == {"is_active", "is_manager"}


def test_token_is_listed_without_its_hash_and_taken_back(office: Any, small: Any) -> None:
    issue_token(user=small.rosa, now=NOW)
    token = small.rosa.api_tokens.get()

    page = office.get(change_url("clinic_apitoken", token)).content.decode()
    office.post(f"/admin/clinic/apitoken/{token.pk}/delete/", {"post": "yes"})

    assert token.token_hash not in page
    assert not small.rosa.api_tokens.exists()


def test_login_of_a_practitioner_with_papers_can_not_be_exchanged(small: Any, office: Any) -> None:
    hand_in(make_type("licence"), small.chen, by=small.mia)
    other = str(make_user("Zoe Zell").pk)

    response = office.post(
        change_url("clinic_practitioner", small.chen), practitioner_form(small.chen, user=other)
    )

    assert response.status_code == 302
    small.chen.refresh_from_db()
    assert small.chen.user.email == "chen@example.com"
