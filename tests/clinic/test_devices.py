"""Enrolling the clinic's devices, and the PINs for them."""

import pytest
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.cache import cache
from django.urls import reverse

from clinic.models import ClinicDevice, StaffPin
from clinic.refusals import NotAllowed
from clinic.selectors.devices import device_of_secret
from clinic.services.devices import enrol_device, revoke_device
from clinic.services.pins import PinTooSimple, SamePin, set_pin
from tests.factories.clinic import NOW, SmallClinic, make_small_clinic
from tests.support.desk import signed_in, words
from tests.support.locking import PASSWORD, PIN, give_pin

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def manager(clinic):
    return signed_in(clinic.mia)


def enrol_by_form(browser, clinic, name="Trolley"):
    return browser.post("/devices/", {"name": name, "location": clinic.location.pk}, follow=True)


def test_manager_enrols_the_browser_in_use(manager, clinic):
    answer = enrol_by_form(manager, clinic)

    device = ClinicDevice.objects.get()
    cookie = manager.cookies[settings.DEVICE_COOKIE_NAME]
    assert (device.name, device.location, device.enrolled_by) == (
        "Trolley",
        clinic.location,
        clinic.mia,
    )
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 31_536_000)
    assert device.secret_hash not in cookie.value
    assert "Trolley this browser New York, enrolled on" in words(answer)


def test_cookie_goes_over_https_alone_in_production(manager, clinic, settings):
    settings.SESSION_COOKIE_SECURE = True

    enrol_by_form(manager, clinic)

    assert manager.cookies[settings.DEVICE_COOKIE_NAME]["secure"] is True


def test_enrolling_anew_revokes_what_the_browser_was(manager, clinic):
    enrol_by_form(manager, clinic, "Old")
    enrol_by_form(manager, clinic, "New")

    enrolled = ClinicDevice.objects.filter(revoked_at=None).values_list("name", flat=True)
    assert list(enrolled) == ["New"]


def test_revoked_device_is_a_strangers(manager, clinic):
    enrol_by_form(manager, clinic)
    device = ClinicDevice.objects.get()

    answer = manager.post(reverse("device-revoke", args=[device.public_id]), follow=True)

    device.refresh_from_db()
    assert device.revoked_at is not None
    assert manager.cookies[settings.DEVICE_COOKIE_NAME].value == ""
    assert "Trolley is revoked." in words(answer)
    assert "No device is enrolled" in words(answer)


def test_secret_is_known_until_it_is_revoked(clinic):
    device, secret = enrol_device(
        name="Desk", location=clinic.location, replaces=None, by=clinic.mia, now=NOW
    )

    before = device_of_secret(secret)
    revoke_device(device=device, by=clinic.mia, now=NOW)

    assert (before, device_of_secret(secret), device_of_secret("x")) == (device, None, None)


def test_only_managers_enrol_and_revoke(clinic):
    device, _secret = enrol_device(
        name="Desk", location=clinic.location, replaces=None, by=clinic.mia, now=NOW
    )

    with pytest.raises(NotAllowed):
        enrol_device(name="Mine", location=clinic.location, replaces=None, by=clinic.rosa, now=NOW)
    with pytest.raises(NotAllowed):
        revoke_device(device=device, by=clinic.chen.user, now=NOW)
    rosa = signed_in(clinic.rosa)
    assert rosa.post(reverse("device-revoke", args=[device.public_id])).status_code == 404
    assert ClinicDevice.objects.filter(revoked_at=None).count() == 1


@pytest.mark.parametrize("value", ["", "made:up", "x" * 5000, "ünïcode"])
def test_made_up_cookie_is_nobodys_and_asks_nothing(value, clinic, client):
    client.cookies[settings.DEVICE_COOKIE_NAME] = value

    assert client.get("/locked/").status_code == 302


@pytest.mark.parametrize(
    ("name", "error"), [("", "is missing"), ("x" * 61, "at most 60 characters")]
)
def test_device_needs_a_short_name(name, error, manager, clinic):
    answer = manager.post("/devices/", {"name": name, "location": clinic.location.pk})

    assert answer.status_code == 422
    assert error in words(answer)


def test_list_of_devices_asks_a_fixed_number_of_queries(
    manager, clinic, django_assert_max_num_queries
):
    def queries() -> int:
        with django_assert_max_num_queries(40) as counted:
            manager.get("/devices/")
        return len(counted)

    enrol_by_form(manager, clinic)
    one = queries()
    for name in ("Desk", "Hall"):
        enrol_device(name=name, location=clinic.location, replaces=None, by=clinic.mia, now=NOW)

    assert queries() == one


def confirmed(user):
    browser = signed_in(user)
    browser.post("/accounts/reauthenticate/?next=/pin/", {"password": PASSWORD})
    return browser


def test_pin_asks_once_more_who_it_is(clinic):
    answer = signed_in(clinic.rosa).get("/pin/")

    assert answer["Location"] == "/accounts/reauthenticate/?next=%2Fpin%2F"


def test_pin_is_set_and_stored_as_a_hash(clinic):
    answer = confirmed(clinic.rosa).post("/pin/", {"pin": PIN, "again": PIN}, follow=True)

    row = StaffPin.objects.get(user=clinic.rosa)
    assert "Your PIN is set." in words(answer)
    assert PIN not in row.pin_hash
    assert check_password(PIN, row.pin_hash)


@pytest.mark.parametrize(
    ("pin", "again", "error"),
    [
        ("123456", "123456", "Choose six digits that nobody tries first"),
        ("48291", "48291", "Choose six digits that nobody tries first"),
        (PIN, "482914", "These are not the same six digits."),
        ("", "", "“Six digits” is missing."),
    ],
)
def test_unfit_pin_is_refused_at_the_field(pin, again, error, clinic):
    answer = confirmed(clinic.rosa).post("/pin/", {"pin": pin, "again": again})

    assert answer.status_code == 422
    assert error in words(answer)
    assert not StaffPin.objects.exists()


def test_same_pin_again_is_refused(clinic):
    give_pin(clinic.rosa)

    with pytest.raises(SamePin):
        give_pin(clinic.rosa)


def test_new_pin_begins_with_all_tries(clinic):
    give_pin(clinic.rosa)
    StaffPin.objects.update(tries=5)

    give_pin(clinic.rosa, "739164")

    assert StaffPin.objects.get().tries == 0


def test_clients_have_no_pin(clinic):
    with pytest.raises(NotAllowed):
        set_pin(user=clinic.alice.user, pin=PIN, now=NOW)


def test_guessable_pin_is_refused(clinic):
    with pytest.raises(PinTooSimple):
        give_pin(clinic.rosa, "121212")
