"""The account pages: signing in by code, password and second factor, and one's own details."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from cryptography.fernet import Fernet
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client as Browser

from clinic.models import Client, User
from clinic.services.sign_in import confirm_address
from tests.factories.clinic import NOW, make_client, make_location, make_user

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


@pytest.fixture
def visitor() -> Browser:
    return Browser()


def sent_code() -> str:
    return re.search(r"\b(\d{6})\b", mail.outbox[-1].body).group(1)


def staff(name: str = "Rosa Reed", **roles: bool) -> User:
    user = make_user(name, **(roles or {"is_reception": True}))
    confirm_address(user=user)
    return user


def current_totp(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def who(visitor: Browser) -> str | None:
    pk = visitor.session.get("_auth_user_id")
    return User.objects.get(pk=pk).email if pk else None


def ask_for_code(visitor: Browser, email: str, next_url: str = ""):
    return visitor.post("/accounts/login/code/", {"email": email, "next": next_url})


def enter_code(visitor: Browser, code: str, next_url: str = ""):
    return visitor.post("/accounts/login/code/confirm/", {"code": code, "next": next_url})


def sign_in(visitor: Browser, email: str, password: str = PASSWORD, next_url: str = ""):
    form = {"login": email, "password": password, "next": next_url}
    return visitor.post("/accounts/login/", form)


def test_new_address_signs_up_by_code_alone(visitor):
    ask_for_code(visitor, "Ella@example.com")
    answer = enter_code(visitor, sent_code())

    assert (answer.status_code, answer["Location"]) == (302, "/me/")
    assert who(visitor) == "ella@example.com"


def test_signing_up_is_signing_in_by_code(visitor):
    answer = visitor.get("/accounts/signup/?next=/me/details/")

    assert answer["Location"] == "/accounts/login/code/?next=/me/details/"
    assert visitor.post("/accounts/signup/", {"email": "ella@example.com"}).status_code == 302
    assert not User.objects.exists()


def test_code_pages_look_the_same_for_known_and_unknown(visitor):
    staff("Alice Arden", is_reception=False)
    stranger = Browser()
    pages = []
    for browser, email in ((visitor, "alice@example.com"), (stranger, "ella@example.com")):
        answer = ask_for_code(browser, email)
        page = browser.get(answer["Location"]).text.replace(email, "")
        pages.append((answer.status_code, answer["Location"], re.sub(r'value="\w{64}"', "", page)))

    assert strip_nonces(pages[0]) == strip_nonces(pages[1])
    assert [len(message.to) for message in mail.outbox] == [1, 1]


def strip_nonces(page: tuple) -> tuple:
    return tuple(re.sub(r'nonce="[^"]*"', "", str(part)) for part in page)


def test_code_page_of_the_demo_links_the_mailbox(visitor, settings):
    ask_for_code(visitor, "ella@example.com")
    assert "/demo/mailbox/" in visitor.get("/accounts/login/code/confirm/").text

    settings.DEMO_MAILBOX = False
    assert "/demo/mailbox/" not in visitor.get("/accounts/login/code/confirm/").text


def test_wrong_code_says_so_and_keeps_the_page(visitor):
    ask_for_code(visitor, "ella@example.com")
    wrong = "000000" if sent_code() != "000000" else "111111"

    page = enter_code(visitor, wrong).text

    assert "That is not the code in our mail" in page
    assert who(visitor) is None


def test_fourth_code_in_a_minute_says_wait():
    answers = [ask_for_code(Browser(), "ella@example.com") for _ in range(4)]

    assert [answer.status_code for answer in answers[:3]] == [302] * 3
    assert "Wait a few minutes" in answers[3].text
    assert len(mail.outbox) == 3


def test_password_signs_in_and_staff_start_with_their_day(visitor):
    staff()

    assert sign_in(visitor, "rosa@example.com")["Location"] == "/day/"
    assert who(visitor) == "rosa@example.com"


def test_wrong_password_and_unknown_address_read_the_same(visitor):
    staff()

    known = sign_in(visitor, "rosa@example.com", "wrong password").text
    unknown = sign_in(visitor, "nobody@example.com", "wrong password").text

    message = "This e-mail and password do not belong together."
    assert message in known
    assert message in unknown


def test_unconfirmed_address_needs_a_code_even_with_the_password(visitor):
    make_user("Alice Arden")

    answer = sign_in(visitor, "alice@example.com")

    assert who(visitor) is None
    assert answer["Location"] == "/accounts/confirm-email/"
    visitor.post("/accounts/confirm-email/", {"code": sent_code()})
    assert who(visitor) == "alice@example.com"


def test_staff_session_ends_after_12_hours_with_password_too(visitor, settings):
    settings.IDLE_LOCK = timedelta(days=1)
    staff()
    with time_machine.travel(NOW, tick=False) as clock:
        sign_in(visitor, "rosa@example.com")
        clock.shift(timedelta(hours=11, minutes=59))
        assert visitor.get("/me/details/").status_code == 200
        clock.shift(timedelta(minutes=2))

        assert visitor.get("/me/details/").status_code == 302


@pytest.mark.parametrize(
    ("asked", "reached"),
    [
        ("/me/details/", "/me/details/"),
        ("https://evil.example/", "/me/"),
        ("//evil.example/", "/me/"),
        ("javascript:alert(1)", "/me/"),
        ("/\\evil.example", "/me/"),
    ],
)
def test_next_leads_nowhere_else(visitor, asked, reached):
    staff("Alice Arden", is_reception=False)
    assert sign_in(visitor, "alice@example.com", next_url=asked)["Location"] == reached

    other = Browser()
    ask_for_code(other, "alice@example.com", asked)
    assert enter_code(other, sent_code(), asked)["Location"] == reached


def test_second_factor_is_asked_after_password_and_after_code(visitor):
    secret = generate_totp_secret()
    TOTP.activate(staff(), secret)

    by_password = sign_in(visitor, "rosa@example.com")
    other = Browser()
    ask_for_code(other, "rosa@example.com")
    by_code = enter_code(other, sent_code())

    assert by_password["Location"] == by_code["Location"] == "/accounts/2fa/authenticate/"
    assert who(visitor) is None
    assert who(other) is None
    visitor.post("/accounts/2fa/authenticate/", {"code": current_totp(secret)})
    assert who(visitor) == "rosa@example.com"


def test_wrong_second_factor_lets_nobody_in(visitor):
    TOTP.activate(staff(), generate_totp_secret())
    sign_in(visitor, "rosa@example.com")

    visitor.post("/accounts/2fa/authenticate/", {"code": "000000"})

    assert who(visitor) is None


def test_admin_signs_in_through_the_account_pages(visitor):
    assert visitor.get("/admin/")["Location"].startswith("/admin/login/")
    assert (
        visitor.get("/admin/login/?next=/admin/")["Location"] == "/accounts/login/?next=%2Fadmin%2F"
    )
    post = visitor.post("/admin/login/", {"username": "mia@example.com", "password": PASSWORD})
    assert post["Location"].startswith("/accounts/login/")


def test_seeds_and_recovery_codes_are_stored_encrypted():
    rosa, secret = staff(), generate_totp_secret()
    TOTP.activate(rosa, secret)
    codes = RecoveryCodes.activate(rosa)

    stored = {row.type: row.data for row in Authenticator.objects.all()}

    assert secret not in str(stored)
    assert stored["totp"]["secret"].startswith("gAAAA")
    assert stored["recovery_codes"]["seed"].startswith("gAAAA")
    assert TOTP(Authenticator.objects.get(type="totp")).validate_code(current_totp(secret))
    assert codes.validate_code(codes.get_unused_codes()[0])


def test_a_new_key_still_reads_what_the_old_one_wrote(settings):
    rosa, secret = staff(), generate_totp_secret()
    TOTP.activate(rosa, secret)

    settings.FIELD_ENCRYPTION_KEYS = [
        Fernet.generate_key().decode(),
        *settings.FIELD_ENCRYPTION_KEYS,
    ]

    assert TOTP(Authenticator.objects.get(type="totp")).validate_code(current_totp(secret))


@pytest.mark.parametrize("role", ["is_reception", "is_manager", "is_practitioner"])
def test_staff_without_a_second_factor_are_sent_to_set_one_up(visitor, settings, role):
    settings.STAFF_SECOND_FACTOR_REQUIRED = True
    visitor.force_login(staff(**{role: True}))

    answer = visitor.get("/me/details/")

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/")
    assert visitor.get("/accounts/2fa/").status_code == 200
    assert visitor.get("/api/v1/appointments").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/clinic/user/",
        "/admin/account/emailaddress/",
        "/admin/mfa/authenticator/",
        "/admin/usersessions/usersession/",
    ],
)
def test_admin_needs_a_second_factor_whatever_its_pages_are_called(visitor, settings, path):
    settings.STAFF_SECOND_FACTOR_REQUIRED = True
    visitor.force_login(staff(is_manager=True, is_superuser=True))

    answer = visitor.get(path)

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/")


def test_staff_with_a_second_factor_go_on(visitor, settings):
    settings.STAFF_SECOND_FACTOR_REQUIRED = True
    rosa = staff()
    TOTP.activate(rosa, generate_totp_secret())
    visitor.force_login(rosa)

    assert visitor.get("/me/details/").status_code == 200


def test_clients_need_no_second_factor(visitor, settings):
    settings.STAFF_SECOND_FACTOR_REQUIRED = True
    visitor.force_login(make_user("Alice Arden"))

    assert visitor.get("/me/details/").status_code == 200


def test_demo_may_go_without_a_second_factor(visitor):
    visitor.force_login(staff())

    assert visitor.get("/me/details/").status_code == 200


@pytest.mark.logs_errors
def test_account_page_whose_mail_fails_says_so(visitor, monkeypatch):
    def fail(self, messages):
        raise TimeoutError

    monkeypatch.setattr(EmailBackend, "send_messages", fail)

    answer = ask_for_code(visitor, "ella@example.com")

    assert answer.status_code == 503
    assert "The mail did not go out" in answer.text


def test_change_stands_when_its_notice_cannot_be_sent(visitor, monkeypatch):
    visitor.force_login(staff("Alice Arden", is_reception=False))

    def fail(self, messages):
        raise TimeoutError

    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    form = {
        "oldpassword": PASSWORD,
        "password1": "seven new pine trees",
        "password2": "seven new pine trees",
    }
    answer = visitor.post("/accounts/password/change/", form)

    assert answer["Location"] == "/me/details/"
    assert User.objects.get().check_password("seven new pine trees")


def test_password_can_be_set_after_signing_in_by_code(visitor):
    ask_for_code(visitor, "ella@example.com")
    enter_code(visitor, sent_code())

    form = {"password1": "seven new pine trees", "password2": "seven new pine trees"}
    visitor.post("/accounts/password/set/", form)

    other = Browser()
    sign_in(other, "ella@example.com", "seven new pine trees")
    assert who(other) == "ella@example.com"


def test_password_is_reset_by_code_without_skipping_the_second_factor(visitor):
    TOTP.activate(staff(), generate_totp_secret())
    visitor.post("/accounts/password/reset/", {"email": "rosa@example.com"})
    visitor.post("/accounts/password/reset/confirm/", {"code": sent_code()}, follow=True)
    page = visitor.get("/accounts/password/reset/complete/")
    form = {"password1": "seven new pine trees", "password2": "seven new pine trees"}
    visitor.post("/accounts/password/reset/complete/", form)

    assert page.status_code == 200
    assert User.objects.get().check_password("seven new pine trees")
    assert who(visitor) is None


def test_password_login_claims_the_record_of_its_confirmed_address(visitor):
    staff("Alice Arden", is_reception=False)
    record = make_client("Alice Arden", login=False, email="alice@example.com")

    sign_in(visitor, "alice@example.com")

    record.refresh_from_db()
    assert record.user.email == "alice@example.com"


def test_unconfirmed_address_claims_nothing(visitor):
    alice = make_user("Alice Arden")
    EmailAddress.objects.create(user=alice, email="alice@example.com", primary=True)
    record = make_client("Alice Arden", login=False, email="alice@example.com")

    visitor.force_login(alice)

    record.refresh_from_db()
    assert record.user is None


def test_details_are_changed_on_login_and_record(visitor):
    alice = make_client("Alice Arden")
    visitor.force_login(alice.user)

    answer = visitor.post("/me/details/", {"name": "Alice Ames", "phone": "(212) 555-0199"})

    assert answer["Location"] == "/me/details/"
    alice.refresh_from_db()
    assert (alice.name, str(alice.phone), alice.user.name) == (
        "Alice Ames",
        "+12125550199",
        "Alice Ames",
    )
    assert "Your details are saved." in visitor.get("/me/details/").text


def test_details_of_a_login_without_record_have_no_phone(visitor):
    visitor.force_login(make_user("Rosa Reed", is_reception=True))

    assert 'name="phone"' not in visitor.get("/me/details/").text
    assert visitor.post("/me/details/", {"name": "Rosa Rhys"}).status_code == 302
    assert User.objects.get().name == "Rosa Rhys"
    assert not Client.objects.exists()


@pytest.mark.parametrize(
    ("name", "phone"),
    [("", "(212) 555-0199"), ("A" * 121, "(212) 555-0199"), ("Alice", "12"), ("A\x00", "x\x00")],
)
def test_bad_details_are_refused_and_kept(visitor, name, phone):
    alice = make_client("Alice Arden")
    visitor.force_login(alice.user)

    answer = visitor.post("/me/details/", {"name": name, "phone": phone})

    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    alice.refresh_from_db()
    assert alice.name == "Alice Arden"


def test_strangers_sign_in_before_their_details(visitor):
    assert visitor.get("/me/details/")["Location"] == "/accounts/login/?next=/me/details/"


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/login/code/",
        "/accounts/password/reset/",
    ],
)
def test_entrance_pages_open_for_strangers(visitor, path):
    make_location()

    answer = visitor.get(path)

    assert answer.status_code == 200
    assert "<h1" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/sessions/",
        "/accounts/logout/",
        "/me/details/",
    ],
)
def test_own_pages_open_when_signed_in(visitor, path):
    visitor.force_login(staff("Alice Arden", is_reception=False))

    assert visitor.get(path).status_code == 200


def test_codes_for_a_new_password_are_few_an_hour(visitor):
    staff("Alice Arden", is_reception=False)

    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(14):
            visitor.post("/accounts/password/reset/", {"email": "alice@example.com"})
            clock.shift(30)

    assert len(mail.outbox) == 10


def test_tries_of_a_password_code_are_counted_beyond_the_session(visitor):
    staff("Alice Arden", is_reception=False)
    visitor.post("/accounts/password/reset/", {"email": "alice@example.com"})
    code = sent_code()
    wrong = "000000" if code != "000000" else "111111"
    before = dict(visitor.session.items())

    for _ in range(5):
        visitor.post("/accounts/password/reset/confirm/", {"code": wrong})
        session = visitor.session
        session.update(before)  # as many requests at once would read it
        session.save()
    visitor.post("/accounts/password/reset/confirm/", {"code": code})

    assert "code_confirmed" not in visitor.session["account_password_reset_verification"]


def test_record_follows_the_address_of_its_login(visitor):
    alice = make_client("Alice Arden")
    confirm_address(user=alice.user)
    EmailAddress.objects.create(user=alice.user, email="alice@new.example", verified=True)
    visitor.post("/accounts/login/", {"login": "alice@example.com", "password": PASSWORD})
    visitor.post("/accounts/reauthenticate/", {"password": PASSWORD})

    visitor.post("/accounts/email/", {"email": "alice@new.example", "action_primary": ""})

    alice.refresh_from_db()
    assert (alice.user.email, alice.email) == ("alice@new.example",) * 2
