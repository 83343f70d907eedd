"""A locked screen is opened by its own person: PIN, password; and by nobody else."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from clinic.models import StaffPin
from tests.factories.clinic import SmallClinic, make_small_clinic
from tests.support.desk import signed_in, words
from tests.support.locking import (
    PASSWORD,
    PIN,
    WRONG_PIN,
    after,
    at_screen,
    enrol,
    give_pin,
    is_locked,
    open_with,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def screen(clinic):
    return at_screen(clinic.rosa)


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_opening_leads_to_own_pages_only(path, screen, clinic):
    give_pin(clinic.rosa)
    enrol(screen, clinic.location, clinic.mia)
    with after(16):
        answer = screen.post(f"/locked/?next={path}", {"pin": PIN})

    assert answer["Location"] == "/day/"


def test_password_opens_the_screen_and_it_locks_again(screen):
    with after(16):
        answer = screen.post("/accounts/reauthenticate/?next=/day/", {"password": PASSWORD})
        assert answer["Location"] == "/day/"
        assert screen.get("/day/").status_code == 200
    with after(31):
        assert screen.get("/day/").status_code == 200
    with after(46, seconds=1):
        assert is_locked(screen)


def test_password_opens_what_was_locked_by_hand(screen):
    with after(1):
        screen.post("/accounts/reauthenticate/?next=/day/", {"password": PASSWORD})
    with after(2):
        screen.post("/lock/")
    with after(3):
        assert is_locked(screen)
        screen.post("/accounts/reauthenticate/?next=/day/", {"password": PASSWORD})
        assert not is_locked(screen)


def test_wrong_password_leaves_it_locked(screen):
    with after(16):
        assert screen.post("/accounts/reauthenticate/", {"password": "x"}).status_code == 200
        assert is_locked(screen)


def test_messages_of_before_are_not_shown_while_locked(screen):
    with after(1):
        screen.post("/clients/new/", {"name": "Nora North", "phone": "(212) 555-0177"})
    with after(17):
        pages = [screen.get("/locked/"), screen.get("/accounts/reauthenticate/")]

    assert all("Nora" not in page.content.decode() for page in pages)


def test_pin_opens_on_a_device_of_the_clinic(screen, clinic):
    give_pin(clinic.rosa)
    enrol(screen, clinic.location, clinic.mia)

    with after(16):
        assert open_with(screen, PIN) == 302
        assert not is_locked(screen)


def test_pin_opens_nothing_elsewhere(screen, clinic):
    give_pin(clinic.rosa)

    with after(16):
        page = words(screen.get("/locked/"))
        assert open_with(screen, PIN) == 200
        assert is_locked(screen)
    assert "PIN" not in page


def test_pin_opens_nothing_on_a_revoked_device(screen, clinic):
    give_pin(clinic.rosa)
    device = enrol(screen, clinic.location, clinic.mia)
    signed_in(clinic.mia).post(reverse("device-revoke", args=[device.public_id]))

    with after(16):
        assert open_with(screen, PIN) == 200
        assert is_locked(screen)


def test_pin_of_somebody_else_opens_nothing(screen, clinic):
    give_pin(clinic.rosa)
    give_pin(clinic.mia, "739164")
    enrol(screen, clinic.location, clinic.mia)

    with after(16):
        assert open_with(screen, "739164") == 422
        assert is_locked(screen)


def test_five_wrong_tries_spend_the_pin_until_the_password(screen, clinic):
    give_pin(clinic.rosa)
    enrol(screen, clinic.location, clinic.mia)

    with after(16):
        said = [words(screen.post("/locked/", {"pin": WRONG_PIN})) for _ in range(5)]
        assert open_with(screen, PIN) == 422
        assert is_locked(screen)
        screen.post("/accounts/reauthenticate/", {"password": PASSWORD})
        assert not is_locked(screen)
        screen.post("/lock/")
    with after(17):
        assert open_with(screen, PIN) == 302
    assert "That is not your PIN. 4 tries are left." in said[0]
    assert "That is not your PIN. 1 try is left." in said[3]
    assert "Your PIN opens nothing now. Use your passkey or your password." in said[4]


def test_right_pin_forgets_the_wrong_ones(screen, clinic):
    give_pin(clinic.rosa)
    enrol(screen, clinic.location, clinic.mia)

    with after(16):
        open_with(screen, WRONG_PIN)
        open_with(screen, PIN)

    assert StaffPin.objects.get().tries == 0


def test_signing_in_anew_lets_a_spent_pin_open_again(clinic):
    give_pin(clinic.rosa)
    StaffPin.objects.update(tries=5)

    at_screen(clinic.rosa)

    assert StaffPin.objects.get().tries == 0


@pytest.mark.parametrize("typed", ["", "x" * 50, "１２３４５６", "12345\0"])
def test_nonsense_for_a_pin_is_refused_at_the_field(typed, screen, clinic):
    give_pin(clinic.rosa)
    enrol(screen, clinic.location, clinic.mia)

    with after(16):
        assert open_with(screen, typed) == 422
        assert is_locked(screen)
