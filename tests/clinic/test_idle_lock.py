"""A staff screen that is left alone locks on the server: pages, forms, fragments, the API."""

import pytest
from django.core.cache import cache

from bookings.models import Appointment
from clinic.accounts.screens import ACTIVE_AT
from clinic.models import Client, User
from clinic.services.tokens import issue_token
from tests.factories.clinic import NOW, SmallClinic, make_small_clinic
from tests.support.desk import words
from tests.support.locking import (
    PASSWORD,
    PIN,
    after,
    at_screen,
    enrol,
    give_pin,
    is_locked,
)

pytestmark = pytest.mark.django_db

TO_DAY = "/locked/?next=%2Fday%2F"
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/day/?date=2027-06-08&q=Alice"}


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def screen(clinic):
    return at_screen(clinic.rosa)


def test_screen_is_open_after_a_quarter_of_an_hour(screen):
    with after(15):
        assert screen.get("/day/").status_code == 200


def test_screen_is_locked_a_second_later(screen):
    with after(15, seconds=1):
        answer = screen.get("/day/")

    assert (answer.status_code, answer["Location"]) == (302, TO_DAY)


def test_locked_screen_stays_locked_however_often_it_asks(screen):
    with after(16):
        assert is_locked(screen)
    with after(16, seconds=1):
        assert is_locked(screen)
        screen.post("/awake/")
        assert is_locked(screen)


def test_each_page_begins_the_time_anew(screen):
    for minutes in (14, 28, 42):
        with after(minutes):
            assert screen.get("/day/").status_code == 200
    with after(57, seconds=1):
        assert is_locked(screen)


def test_keeping_awake_begins_the_time_anew(screen):
    with after(14):
        assert screen.post("/awake/").status_code == 204
    with after(28):
        assert screen.get("/day/").status_code == 200


def test_what_a_page_polls_keeps_nobody_awake(screen):
    for minutes in (5, 10, 14):
        with after(minutes):
            assert screen.get("/day/", headers=HTMX).status_code == 200
    with after(15, seconds=1):
        assert is_locked(screen)


def test_what_a_script_fetches_keeps_nobody_awake(screen):
    with after(14):
        assert screen.get("/day/", headers={"Sec-Fetch-Mode": "cors"}).status_code == 200
    with after(15, seconds=1):
        assert is_locked(screen)


def test_activity_is_written_once_a_minute(screen, django_assert_num_queries):
    with after(0, seconds=59):
        screen.get("/day/")
        assert screen.session[ACTIVE_AT] == NOW.timestamp()
    with after(1):
        screen.get("/day/")
        assert screen.session[ACTIVE_AT] == NOW.timestamp() + 60


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/clients/",
        "/admin/",
        "/admin/clinic/client/",
        "/me/",
        "/treatments/",
        "/accounts/email/",
        "/accounts/2fa/",
        "/accounts/login/",
        "/devices/",
        "/pin/",
        "/unsent/",
    ],
)
def test_every_page_is_locked(path, clinic):
    manager = at_screen(clinic.mia)

    with after(16):
        answer = manager.get(path)

    assert (answer.status_code, answer["Location"][:14]) == (302, "/locked/?next=")


def test_page_not_found_of_a_locked_screen_shows_no_waiting_message(screen):
    with after(16):
        screen.post("/clients/new/", {"name": "Nora"})
        lost = screen.get("/clients/nothing-here/")
        screen.post("/accounts/reauthenticate/", {"password": PASSWORD})
        opened = words(screen.get("/day/"))

    assert lost.status_code == 404
    assert "was not done" not in words(lost)
    assert "/clients/" not in lost.content.decode()
    assert "was not done" in opened


@pytest.mark.parametrize("path", ["/healthz", "/accounts/reauthenticate/", "/accounts/logout/"])
def test_what_opens_the_screen_is_not_locked(path, screen):
    with after(16):
        assert screen.get(path).status_code == 200


def test_locked_address_keeps_dates_and_no_names(screen):
    with after(16):
        answer = screen.get("/day/?date=2027-06-08&q=Alice+Adams&client=alice")

    assert answer["Location"] == "/locked/?next=%2Fday%2F%3Fdate%3D2027-06-08"


def test_polled_fragment_of_a_locked_screen_leads_the_page_away(screen):
    with after(16):
        answer = screen.get("/day/", headers=HTMX)

    assert answer["HX-Redirect"] == "/locked/?next=%2Fday%2F%3Fdate%3D2027-06-08"
    assert answer.content == b""


def new_client(screen, **more):
    typed = {"name": "Nora North", "phone": "(212) 555-0177", "email": "", **more}
    return screen.post("/clients/new/", typed)


def test_form_sent_while_locked_writes_nothing_and_is_kept(screen):
    with after(16):
        answer = new_client(screen)
        page = words(screen.get(answer["Location"]))

    assert answer["Location"].startswith("/locked/")
    assert not Client.objects.filter(name="Nora North").exists()
    assert "What you typed last was not saved. It is kept" in page
    assert "Nora" not in page


def test_form_sent_while_locked_leads_back_to_the_page_it_stood_on(screen):
    with after(16):
        answer = screen.post("/lock/", headers={"Referer": "http://testserver/clients/?q=Alice"})

    assert answer["Location"] == "/locked/?next=%2Fclients%2F"


def test_kept_form_is_shown_after_opening_and_can_be_sent(screen, clinic):
    give_pin(clinic.rosa)
    enrol(screen, clinic.location, clinic.mia)
    with after(16):
        new_client(screen)
        opened = screen.post("/locked/?next=/day/", {"pin": PIN}, follow=True)
        page = words(opened)
        again = screen.get("/unsent/")

    assert opened.redirect_chain == [("/unsent/", 302)]
    assert "Nora North" in page
    assert '<form method="post" action="/clients/new/">' in opened.content.decode()
    assert '<input type="hidden" name="phone" value="(212) 555-0177">' in opened.content.decode()
    assert again.status_code == 302


def test_half_typed_form_with_several_buttons_asks_which_was_meant(screen, clinic):
    give_pin(clinic.rosa)
    enrol(screen, clinic.location, clinic.mia)
    told = ['["act", "keep", "Keep it"]', '["", "", "Send <b>"]', "no list", '["act", 1, "x"]']
    with after(16):
        new_client(screen, **{"unsent-button": told})
        page = screen.post("/locked/?next=/day/", {"pin": PIN}, follow=True).content.decode()

    assert '<button class="btn btn-primary" type="submit" name="act" value="keep">Keep it<' in page
    assert '<button class="btn btn-outline-primary" type="submit">Send &lt;b&gt;<' in page
    assert "Send it now" not in page
    assert page.count('name="unsent-button"') == page.count("no list") == 0


def test_password_sent_while_locked_is_kept_nowhere(screen):
    with after(16):
        screen.post("/accounts/password/change/", {"oldpassword": PASSWORD})
        screen.post("/clients/new/", {"name": "Nora North", "password": PASSWORD})

    kept = screen.session["unsent"]
    assert kept["path"] == "/clients/new/"
    assert [field for field, value in kept["fields"]] == ["name"]


def test_tap_by_htmx_while_locked_changes_nothing(screen, clinic):
    with after(16):
        answer = screen.post("/clients/new/", {"name": "Nora"}, headers=HTMX)
        page = words(screen.get("/locked/"))
        screen.post("/accounts/reauthenticate/", {"password": PASSWORD})
        opened = words(screen.get("/day/"))

    assert "The screen was locked: what you did last was not done." in opened
    assert "was not done" not in page
    assert (answer.status_code, answer["HX-Redirect"][:8]) == (409, "/locked/")
    assert not Client.objects.filter(name="Nora").exists()
    assert not Appointment.objects.exists()


def test_api_refuses_the_locked_session(screen):
    with after(16):
        answers = [screen.get("/api/v1/appointments"), screen.get("/api/v1/services")]

    for answer in answers:
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "unauthenticated"
        assert answer.json()["detail"] == "This screen is locked. Open it first."


def test_token_works_whatever_screen_sends_it(screen, clinic):
    token = issue_token(user=clinic.alice.user, now=NOW)
    with after(16):
        answer = screen.get("/api/v1/appointments", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 200


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic nonsense", "x"])
def test_made_up_token_does_not_lend_the_locked_session(header, screen):
    with after(16):
        answer = screen.get("/api/v1/appointments", headers={"Authorization": header})

    assert answer.status_code == 401


def test_clients_session_never_locks(clinic):
    alice = at_screen(clinic.alice.user)

    with after(60 * 24 * 3):
        assert alice.get("/me/").status_code == 200
    assert ACTIVE_AT not in alice.session


def test_login_that_became_staff_locks_too(clinic):
    bea = at_screen(clinic.bea.user)
    User.objects.filter(pk=clinic.bea.user.pk).update(is_reception=True)

    with after(60):
        assert bea.get("/day/").status_code == 200
    with after(75, seconds=1):
        assert is_locked(bea)


def test_lock_by_hand_locks_at_once_and_keeps_the_page(screen):
    with after(1):
        answer = screen.post("/lock/", {"next": "/day/?date=2027-06-08"})

        assert answer["Location"] == "/locked/?next=%2Fday%2F%3Fdate%3D2027-06-08"
        assert is_locked(screen)


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/locked/", "x", ""])
def test_lock_leads_back_to_own_pages_only(path, screen):
    with after(1):
        answer = screen.post("/lock/", {"next": path})

    assert answer["Location"] == TO_DAY


def test_open_screen_costs_no_query_more(clinic, django_assert_num_queries):
    rosa = at_screen(clinic.rosa)
    with after(0, seconds=30):
        rosa.get("/clients/new/")
        with django_assert_num_queries(2):  # the session and the login
            rosa.post("/awake/")


@pytest.mark.parametrize("path", ["/day/", "/", "/me/", "/admin/", "/accounts/email/"])
def test_each_page_of_staff_can_be_locked_by_hand_and_locks_itself(path, clinic):
    with after(0):
        page = at_screen(clinic.mia).get(path).content.decode()

    assert 'action="/lock/" data-idle-seconds="900" data-awake="/awake/"' in page
    assert "js/idle.js" in page


def test_pages_of_clients_have_no_lock(clinic):
    with after(0):
        page = at_screen(clinic.alice.user).get("/me/").content.decode()

    assert "/lock/" not in page
    assert "idle.js" not in page
