"""Signing in by a code sent to an address."""

import re
import smtplib
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client as Browser

from clinic.models import Client, User
from clinic.services.sign_in import confirm_address, login_of_address
from clinic.tasks import remove_unconfirmed_users
from tests.factories.clinic import NOW, make_client, make_location, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.support.sign_in_pages")]


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


@pytest.fixture
def visitor() -> Browser:
    return Browser()


def sent_code() -> str:
    return re.search(r"\b(\d{6})\b", mail.outbox[-1].body).group(1)


def wrong_code() -> str:
    return "000000" if sent_code() != "000000" else "111111"


def begin(visitor: Browser, email: str = "ella@example.com"):
    return visitor.post("/begin", {"email": email})


def enter(visitor: Browser, code: str):
    return visitor.post("/enter", {"code": code})


def test_new_address_with_right_code_signs_in(visitor):
    begin(visitor, " Ella@Example.com ")

    answer = enter(visitor, sent_code())

    assert answer.json() == {"user": "ella@example.com", "kept": "a hold"}
    assert visitor.get("/whoami").json() == {"user": "ella@example.com"}
    assert not User.objects.get().has_usable_password()
    assert EmailAddress.objects.values_list("email", "verified", "primary").get() == (
        "ella@example.com",
        True,
        True,
    )


def test_code_may_be_typed_with_spaces(visitor):
    begin(visitor)
    code = sent_code()

    assert enter(visitor, f" {code[:3]} {code[3:]} ").status_code == 200


def test_known_login_without_address_row_signs_in(visitor):
    alice = make_user("Alice")
    begin(visitor, "alice@example.com")

    assert enter(visitor, sent_code()).json()["user"] == "alice@example.com"
    assert User.objects.get() == alice


def test_signing_in_changes_the_session_key(visitor):
    begin(visitor)
    before = visitor.session.session_key

    enter(visitor, sent_code())

    assert visitor.session.session_key != before


def test_wrong_code_is_refused_and_right_one_still_works(visitor):
    begin(visitor)

    refused = enter(visitor, wrong_code())

    assert (refused.status_code, refused.json()["refused"]) == (422, "wrong_code")
    assert visitor.get("/whoami").json() == {"user": None}
    assert enter(visitor, sent_code()).status_code == 200


@pytest.mark.parametrize("code", ["", "abc", "１２３４５６", "\x00", "9" * 500])
def test_junk_as_code_is_refused(visitor, code):
    begin(visitor)

    assert enter(visitor, code).json()["refused"] == "wrong_code"


def test_fifth_wrong_code_ends_the_code(visitor):
    begin(visitor)

    answers = [enter(visitor, wrong_code()).json()["refused"] for _ in range(5)]

    assert answers == ["wrong_code"] * 4 + ["code_gone"]
    assert enter(visitor, sent_code()).json()["refused"] == "code_gone"


def test_tries_count_even_if_the_session_forgets_them(visitor):
    begin(visitor)
    row = Session.objects.get(session_key=visitor.session.session_key)
    for _ in range(5):
        enter(visitor, wrong_code())
        row.save()  # as if all requests had read the session before any wrote it

    assert enter(visitor, sent_code()).json()["refused"] == "code_gone"


def test_code_runs_out_after_15_minutes(visitor):
    with time_machine.travel(NOW, tick=False) as clock:
        begin(visitor)
        clock.shift(timedelta(minutes=15, seconds=1))

        assert enter(visitor, sent_code()).json()["refused"] == "code_gone"


def test_code_still_works_after_14_minutes(visitor):
    with time_machine.travel(NOW, tick=False) as clock:
        begin(visitor)
        clock.shift(timedelta(minutes=14))

        assert enter(visitor, sent_code()).status_code == 200


def test_resent_code_replaces_the_first(visitor):
    begin(visitor)
    first = sent_code()

    assert visitor.post("/again").json() == {"awaited": "ella@example.com"}

    second = sent_code()
    assert len(mail.outbox) == 2
    if first != second:
        assert enter(visitor, first).json()["refused"] == "wrong_code"
    assert enter(visitor, second).status_code == 200


def test_new_code_can_be_sent_after_too_many_tries(visitor):
    begin(visitor)
    for _ in range(5):
        enter(visitor, wrong_code())

    assert visitor.post("/again").status_code == 200
    assert enter(visitor, sent_code()).status_code == 200


def test_new_code_can_be_sent_after_the_first_ran_out(visitor):
    with time_machine.travel(NOW, tick=False) as clock:
        begin(visitor)
        clock.shift(timedelta(minutes=20))

        assert visitor.post("/again").status_code == 200
        assert enter(visitor, sent_code()).status_code == 200


def test_resend_without_a_code_awaited_is_refused(visitor):
    assert visitor.post("/again").json()["refused"] == "code_gone"


def test_code_of_another_session_does_not_fit(visitor):
    begin(visitor)
    code = sent_code()
    stranger = Browser()

    assert enter(stranger, code).json()["refused"] == "code_gone"


def test_fourth_code_in_a_minute_is_refused(visitor):
    answers = [begin(visitor).status_code for _ in range(4)]

    assert answers == [200, 200, 200, 429]
    assert len(mail.outbox) == 3


def test_limit_of_an_address_holds_across_sessions():
    answers = [begin(Browser(), "Ella@example.com").status_code for _ in range(4)]

    assert answers == [200, 200, 200, 429]


def test_many_addresses_from_one_network_are_refused():
    answers = [begin(Browser(), f"p{n}@example.com").status_code for n in range(21)]

    assert answers == [200] * 20 + [429]


def test_known_and_unknown_address_look_the_same():
    make_user("Alice")
    known, unknown = Browser(), Browser()

    first, second = begin(known, "alice@example.com"), begin(unknown, "ella@example.com")

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.headers.keys() == second.headers.keys()
    assert [message.to for message in mail.outbox] == [["alice@example.com"], ["ella@example.com"]]
    one, other = (re.sub(r"\d{6}", "", message.body) for message in mail.outbox)
    assert one == other
    assert enter(known, wrong_code()).json() == enter(unknown, wrong_code()).json()


def test_closed_login_gets_one_mail_and_no_way_in(visitor):
    User.objects.create_user("alice@example.com", is_active=False)

    answer = begin(visitor, "alice@example.com")

    assert answer.status_code == 200
    assert len(mail.outbox) == 1
    assert enter(visitor, "").json()["refused"] == "wrong_code"
    assert enter(visitor, "123456").json()["refused"] == "wrong_code"


def test_unconfirmed_second_address_of_somebody_else_opens_nothing():
    mallory = make_user("Mallory")
    EmailAddress.objects.create(user=mallory, email="ella@example.com")

    assert login_of_address("ella@example.com") != mallory


def test_confirmed_second_address_opens_its_owner():
    alice = make_user("Alice")
    EmailAddress.objects.create(user=alice, email="work@example.com", verified=True)

    assert login_of_address("work@example.com") == alice


def test_second_factor_is_not_bypassed(visitor):
    rosa = make_user("Rosa", is_reception=True)
    confirm_address(user=rosa)
    TOTP.activate(rosa, generate_totp_secret())
    begin(visitor, "rosa@example.com")

    refused = enter(visitor, sent_code())

    assert refused.json() == {"refused": "second_factor", "url": "/accounts/2fa/authenticate/"}
    assert visitor.get("/whoami").json() == {"user": None}
    assert enter(visitor, sent_code()).json()["refused"] == "code_gone"


def test_second_submit_of_a_double_click_stays_signed_in(visitor):
    begin(visitor)
    slow = Browser()
    slow.cookies = visitor.cookies.__class__(visitor.cookies.output(header="", sep=";"))
    assert enter(visitor, sent_code()).status_code == 200

    second = enter(slow, sent_code())

    assert second.json() == {"user": "ella@example.com", "kept": "a hold"}
    assert slow.get("/whoami").json() == {"user": "ella@example.com"}


def test_old_session_is_signed_out_and_ends_soon(visitor):
    begin(visitor)
    old_key = visitor.session.session_key
    enter(visitor, sent_code())

    old = Session.objects.get(session_key=old_key)

    assert "_auth_user_id" not in old.get_decoded()
    live = Session.objects.get(session_key=visitor.session.session_key)
    assert live.expire_date - old.expire_date > timedelta(days=13)


def test_code_sent_twice_with_the_new_cookie_returns_the_login(visitor):
    begin(visitor)
    enter(visitor, sent_code())

    assert enter(visitor, sent_code()).json()["user"] == "ella@example.com"


@pytest.mark.logs_errors
def test_mail_that_fails_says_so_and_may_be_tried_again(visitor, monkeypatch):
    def fail(self, messages):
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", fail)
        answers = [begin(visitor) for _ in range(4)]

    assert [(answer.status_code, answer.json()["refused"]) for answer in answers] == [
        (503, "mail_not_sent")
    ] * 4
    assert begin(visitor).status_code == 200
    assert enter(visitor, sent_code()).json() == {"user": "ella@example.com", "kept": "a hold"}


@pytest.mark.logs_errors
def test_failed_resend_leaves_the_first_code_alone(visitor, monkeypatch):
    begin(visitor)
    code = sent_code()

    def fail(self, messages):
        raise TimeoutError

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", fail)
        assert visitor.post("/again").json()["refused"] == "mail_not_sent"

    assert enter(visitor, code).status_code == 200


def test_mail_is_plain_and_names_the_phone(visitor):
    make_location()
    begin(visitor)

    message = mail.outbox[0]

    html = message.alternatives[0].content
    assert message.subject == f"Your code for Meridian: {sent_code()}"
    assert sent_code() in html
    for body in (message.body, html):
        assert "+1 212-555-0100" in body
        assert not re.search(r"acupuncture|needle|treatment|facial|session", body, re.IGNORECASE)


def test_record_entered_at_the_desk_is_claimed(visitor):
    record = make_client("Ella Eames", login=False, email="Ella@example.com")
    begin(visitor)

    assert enter(visitor, sent_code()).status_code == 200

    record.refresh_from_db()
    assert record.user.email == "ella@example.com"


def test_record_is_not_claimed_before_the_code(visitor):
    record = make_client("Ella Eames", login=False, email="ella@example.com")
    begin(visitor)
    enter(visitor, wrong_code())

    record.refresh_from_db()
    assert record.user is None


def test_two_records_of_one_address_are_not_claimed(visitor):
    for name in ("Ella Eames", "Elmar Eames"):
        make_client(name, login=False, email="ella@example.com")
    begin(visitor)
    enter(visitor, sent_code())

    assert Client.objects.filter(user=None).count() == 2


def test_staff_are_signed_out_after_12_hours(visitor, settings):
    settings.IDLE_LOCK = timedelta(days=1)
    confirm_address(user=make_user("Rosa", is_reception=True))
    with time_machine.travel(NOW, tick=False) as clock:
        begin(visitor, "rosa@example.com")
        enter(visitor, sent_code())
        clock.shift(timedelta(hours=11, minutes=59))
        assert visitor.get("/whoami").json() == {"user": "rosa@example.com"}
        clock.shift(timedelta(minutes=2))

        assert visitor.get("/whoami").json() == {"user": None}


def test_clients_are_signed_out_after_14_days(visitor):
    with time_machine.travel(NOW, tick=False) as clock:
        begin(visitor)
        enter(visitor, sent_code())
        clock.shift(timedelta(days=13, hours=23))
        assert visitor.get("/whoami").json() == {"user": "ella@example.com"}
        clock.shift(timedelta(hours=2))

        assert visitor.get("/whoami").json() == {"user": None}


def test_unconfirmed_logins_are_removed_after_a_day(visitor):
    confirmed, staff, manager = make_user("Alice"), make_user("Rosa"), make_user("Mia")
    User.objects.filter(pk__in=[confirmed.pk, staff.pk, manager.pk]).update(password="!none")
    confirm_address(user=confirmed)
    User.objects.filter(pk=staff.pk).update(is_reception=True)
    User.objects.filter(pk=manager.pk).update(is_superuser=True)
    begin(visitor, "old@example.com")
    begin(visitor, "new@example.com")
    User.objects.update(date_joined=NOW - timedelta(hours=25))
    User.objects.filter(email="new@example.com").update(date_joined=NOW - timedelta(hours=23))

    with time_machine.travel(NOW, tick=False):
        removed = remove_unconfirmed_users()

    assert removed == 1
    assert not User.objects.filter(email="old@example.com").exists()
    assert User.objects.count() == 4
