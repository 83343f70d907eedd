"""The demo mailbox: what a demo clinic mailed."""

from email.message import EmailMessage
from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import Client as Browser

from clinic.messaging.demo_mailbox import find_mail, mails_of, newest_mails
from tests.factories.clinic import make_location

pytestmark = pytest.mark.django_db

SEPARATOR = b"\n" + b"-" * 79 + b"\n"
BACKEND = "django.core.mail.backends.filebased.EmailBackend"


@pytest.fixture
def folder(tmp_path: Path, settings) -> Path:
    settings.EMAIL_FILE_PATH = tmp_path
    return tmp_path


@pytest.fixture
def visitor() -> Browser:
    return Browser()


def send(folder: Path, subject: str = "Your code", *, html: str = "", calendar: str = "") -> None:
    message = EmailMultiAlternatives(subject, "Code: 123456 für Ella", to=["ella@example.com"])
    if html:
        message.attach_alternative(html, "text/html")
    if calendar:
        message.attach("visit.ics", calendar, "text/calendar")
    get_connection(BACKEND, file_path=folder).send_messages([message])


def write(folder: Path, name: str, subject: str, date: str) -> None:
    message = EmailMessage()
    message["To"], message["Subject"], message["Date"] = "ella@example.com", subject, date
    message.set_content("Hello")
    (folder / name).write_bytes(bytes(message) + SEPARATOR)


def path_of(folder: Path, rest: str = "") -> str:
    mail = newest_mails(folder)[0]
    return f"/demo/mailbox/{mail.file}/{mail.number}/{rest}"


def test_a_sent_mail_is_read_back_whole(folder):
    send(folder, html="<p>123456</p>", calendar="BEGIN:VCALENDAR")

    (mail,) = newest_mails(folder)

    assert (mail.to, mail.subject) == ("ella@example.com", "Your code")
    assert mail.text.strip() == "Code: 123456 für Ella"
    assert mail.html.strip() == "<p>123456</p>"
    assert [(part.name, part.content.strip()) for part in mail.enclosures] == [
        ("visit.ics", b"BEGIN:VCALENDAR")
    ]


def test_newest_mail_comes_first(folder):
    write(folder, "20260101-100000-1.log", "older", "Thu, 01 Jan 2026 10:00:00 -0000")
    write(folder, "20260102-100000-1.log", "newer", "Fri, 02 Jan 2026 10:00:00 -0000")

    assert [mail.subject for mail in newest_mails(folder)] == ["newer", "older"]


def test_half_written_mail_waits_for_its_end(folder):
    send(folder)
    (path,) = folder.glob("*.log")
    with path.open("ab") as file:
        file.write(b"Subject: half\nTo: bea@example.com\n\nHel")

    assert [mail.subject for mail in newest_mails(folder)] == ["Your code"]


@pytest.mark.parametrize("raw", [b"", b"\x00\xff\xfe", SEPARATOR, b"no header" + SEPARATOR])
def test_broken_files_break_nothing(folder, visitor, raw):
    (folder / "20260101-100000-1.log").write_bytes(raw)

    assert visitor.get("/demo/mailbox/").status_code == 200


def test_other_files_are_not_mails(folder):
    (folder / "notes.log").write_bytes(b"Subject: x\n\nx" + SEPARATOR)
    (folder / "20260101-100000-1.txt").write_bytes(b"Subject: x\n\nx" + SEPARATOR)

    assert newest_mails(folder) == []


@pytest.mark.parametrize("name", ["../secret", "..", "/etc/passwd", "notes", "", "2026\x00"])
def test_a_name_is_never_a_path(folder, name):
    (folder.parent / "secret.log").write_bytes(b"Subject: x\n\nx" + SEPARATOR)

    assert find_mail(folder, name, 0) is None


def test_missing_folder_and_vanished_file_hold_no_mail(folder):
    assert newest_mails(folder / "none") == []
    assert mails_of(folder / "20260101-100000-1.log") == []


def test_list_shows_address_and_subject(folder, visitor):
    make_location()
    send(folder, subject="Your code <b>")

    answer = visitor.get("/demo/mailbox/")

    assert "every mail of this demo clinic" in answer.text
    assert "ella@example.com" in answer.text
    assert "Your code &lt;b&gt;" in answer.text


def test_empty_mailbox_says_what_to_do(folder, visitor):
    assert "No mail yet" in visitor.get("/demo/mailbox/").text


def test_mail_page_shows_text_and_frames_html(folder, visitor):
    send(folder, html="<p>Hi</p><script>alert(1)</script>", calendar="BEGIN:VCALENDAR")

    page = visitor.get(path_of(folder)).text

    assert "Code: 123456 für Ella" in page
    assert f'sandbox="" src="{path_of(folder, "html/")}"' in page
    assert "visit.ics" in page
    assert "alert(1)" not in page


def test_html_of_a_mail_is_shut_in(folder, visitor):
    send(folder, html="<script>alert(1)</script>")

    answer = visitor.get(path_of(folder, "html/"))

    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_calendar_file_downloads(folder, visitor):
    send(folder, calendar="BEGIN:VCALENDAR")

    answer = visitor.get(path_of(folder, "files/0/"))

    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="visit.ics"'
    assert answer.content.strip() == b"BEGIN:VCALENDAR"


@pytest.mark.parametrize(
    "path",
    [
        "20260101-100000-1/0/",
        "20260101-100000-1/0/html/",
        "20260101-100000-1/0/files/0/",
        "notes/0/",
        "..%2Fsecret/0/",
        "20260101-100000-1/99999999999999999999/",
    ],
)
def test_unknown_mail_is_not_found(folder, visitor, path):
    assert visitor.get(f"/demo/mailbox/{path}").status_code == 404


def test_mail_without_html_or_file_has_no_such_pages(folder, visitor):
    send(folder)

    assert visitor.get(path_of(folder, "html/")).status_code == 404
    assert visitor.get(path_of(folder, "files/0/")).status_code == 404


def test_outside_a_demo_there_is_no_mailbox(folder, visitor, settings):
    send(folder, html="<p>Hi</p>", calendar="BEGIN:VCALENDAR")
    paths = ["/demo/mailbox/", *(path_of(folder, rest) for rest in ("", "html/", "files/0/"))]
    settings.DEMO_MAILBOX = False

    assert [visitor.get(path).status_code for path in paths] == [404] * 4


def test_mailbox_only_reads(folder, visitor):
    assert visitor.post("/demo/mailbox/").status_code == 405
