"""The desk's log of messages: what it lists, what can be done, and what it says of the outbox."""

from datetime import date, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.messages import CREDENTIAL_EXPIRING, PAPER
from clinic.messaging.outbox import About, enqueue, tell_user
from clinic.models import Heartbeat, Message
from clinic.refusals import NotAllowed
from clinic.services.messages import NotFailed, give_up, try_again, try_all_again
from clinic.views import messages as views
from clinic.views.message_rows import failure_words
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic
from tests.factories.credentials import hand_in, make_type
from tests.support.desk import signed_in, words
from tests.support.messages import make_message

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def clinic():
    return make_small_clinic()


def log(user, **query):
    return signed_in(user).get(f"{reverse('messages')}?{urlencode(query)}")


def failed(clinic, number: int = 1, **fields) -> Message:
    error = {"last_error": "HTTP 503", "tries": 6, **fields}
    return make_message(
        clinic.alice, clinic.location, NOW, about_id=number, state="failed", **error
    )


def act(user, message, do, **more):
    url = reverse("message-act", args=[message.public_id])
    return signed_in(user).post(url, {"do": do, **more}, follow=True)


def test_log_says_to_whom_when_and_about_which_version(clinic):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    Message.objects.update(
        state="sent", sent_at=NOW - 5 * MINUTE, address="alice@example.com", provider_id="p1"
    )
    Message.objects.filter(about_id=visit.pk).update(about_version=0)

    page = words(log(clinic.rosa))

    assert "Alice Arden Visit booked, e-mail alice@example.com" in page
    assert "Tuesday 8 June, 9am with Chen Li Version 0, as it stands now" in page
    assert "Sent today, 7:55am" in page


def test_message_of_an_earlier_version_says_so(clinic):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    type(visit).objects.filter(pk=visit.pk).update(version=1)

    page = words(log(clinic.rosa))

    assert "Version 0, changed since" in page


@pytest.mark.parametrize(("who", "is_link"), [("mia", True), ("rosa", False)])
def test_only_who_may_see_a_page_is_led_there(clinic, who, is_link):
    paper = hand_in(make_type(), clinic.chen, by=clinic.mia)
    alert = About(PAPER, paper.pk)
    enqueue(
        [tell_user(kind=CREDENTIAL_EXPIRING, user=clinic.mia, about=alert, due_at=NOW, now=NOW)]
    )

    row = log(getattr(clinic, who)).context["rows"][0]

    assert (row.to, bool(row.about), bool(row.about_url)) == ("Mia Moss", True, is_link)


def test_failed_message_stands_first_with_reason_and_number(clinic):
    failed(clinic)
    make_message(clinic.bea, clinic.location, NOW + MINUTE, about_id=2)

    answer = log(clinic.rosa)

    page = words(answer)
    assert "The provider refused it (HTTP 503). Tried 6 times. (212) 555-0111" in page.replace(
        "+1 212-555-0111", "(212) 555-0111"
    )
    assert page.index("Failed was due") < page.index("Bea Brook")
    assert [row.to for row in answer.context["rows"]] == ["Bea Brook"]


@pytest.mark.parametrize(
    ("show", "numbers"),
    [("waiting", [2]), ("sent", [3]), ("failed", [1]), ("left-out", [5, 4])],
)
def test_filter_by_state_finds_only_these(clinic, show, numbers):
    failed(clinic, 1)
    make_message(clinic.alice, clinic.location, NOW, about_id=2)
    make_message(
        clinic.alice, clinic.location, NOW, about_id=3, state="sent", sent_at=NOW, address="a@b.c"
    )
    make_message(clinic.alice, clinic.location, NOW, about_id=4, state="dropped", reason="Moved")
    make_message(clinic.alice, clinic.location, NOW, about_id=5, state="skipped", reason="Late")

    answer = log(clinic.rosa, show=show)

    found = [Message.objects.get(public_id=row.id).about_id for row in answer.context["rows"]]
    assert found == numbers
    assert answer.context["failed"] == []


def test_filter_by_kind_and_client_finds_only_these(clinic):
    make_message(clinic.alice, clinic.location, NOW, kind="visit_booked")
    make_message(clinic.alice, clinic.location, NOW, kind="visit_moved")
    make_message(clinic.bea, clinic.location, NOW, kind="visit_moved")

    by_words = log(clinic.rosa, kind="visit_moved", q="arden")
    by_record = log(clinic.rosa, client=clinic.bea.public_id)

    assert [(row.to, str(row.kind)) for row in by_words.context["rows"]] == [
        ("Alice Arden", "Visit moved")
    ]
    assert [row.to for row in by_record.context["rows"]] == ["Bea Brook"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"show": "nonsense"}, 422),
        ({"kind": "visit_eaten"}, 422),
        ({"client": "x"}, 422),
        ({"q": "\0"}, 422),
        ({"q": "x" * 121}, 422),
        ({"client": "6f1b7b0e-0000-4000-8000-000000000000"}, 404),
        ({"page": "0"}, 404),
        ({"page": "99"}, 404),
        ({"page": "x"}, 404),
    ],
)
def test_junk_filter_is_answered_with_words(clinic, query, status):
    failed(clinic)

    answer = log(clinic.rosa, **query)

    assert answer.status_code == status
    if status == 422:
        assert "There is a problem" in words(answer)


def test_log_is_paged_and_keeps_the_filter(clinic):
    for number in range(27):
        make_message(clinic.alice, clinic.location, NOW, about_id=number)

    answer = log(clinic.rosa, q="alice", page=2)

    assert len(answer.context["rows"]) == 2
    assert 'href="?q=alice&amp;page=1"' in answer.content.decode()


def test_log_ends_after_the_most_that_is_listed(clinic, monkeypatch):
    monkeypatch.setattr(views, "MOST_LISTED", 26)
    for number in range(27):
        make_message(clinic.alice, clinic.location, NOW, about_id=number)

    answer = log(clinic.rosa, page=2)

    assert len(answer.context["rows"]) == 1
    assert "The newest: 26 messages" in words(answer)


def test_log_costs_the_same_for_one_and_three(clinic):
    rosa = signed_in(clinic.rosa)
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    failed(clinic)
    with CaptureQueriesContext(connection) as one:
        rosa.get(reverse("messages"))
    for hour in (11, 14):
        book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, hour))
        failed(clinic, hour)
    with CaptureQueriesContext(connection) as three:
        answer = rosa.get(reverse("messages"))

    assert (len(answer.context["rows"]), len(answer.context["failed"])) == (3, 3)
    assert len(one) == len(three) == QUERIES


QUERIES = 12
"""Session and login; one of the navigation; five of the pulse; rows, count, failed, visits."""


def test_try_again_lets_the_message_go_out_as_if_new(clinic):
    message = failed(clinic, recovered=True)

    page = words(act(clinic.rosa, message, "again"))

    message.refresh_from_db()
    assert "The message to Alice Arden is tried again now." in page
    assert (message.state, message.tries, message.due_at) == ("due", 0, NOW)
    assert message.recovered is False


def test_give_up_leaves_it_out_with_the_name(clinic):
    message = failed(clinic)

    page = words(act(clinic.rosa, message, "give-up"))

    message.refresh_from_db()
    assert "If Alice Arden still has to know, please call." in page
    assert (message.state, message.reason) == ("skipped", "Given up by Rosa Reed.")


@pytest.mark.parametrize("do", ["again", "give-up"])
def test_second_click_changes_nothing(clinic, do):
    message = failed(clinic)
    act(clinic.rosa, message, do)
    Message.objects.filter(pk=message.pk).update(
        state="sent", sent_at=NOW, address="alice@example.com", reason=""
    )

    page = words(act(clinic.rosa, message, do))

    message.refresh_from_db()
    assert "not among the failed ones any more" in page
    assert message.state == "sent"


def test_stale_page_can_neither_retry_nor_give_up(clinic):
    message = failed(clinic)
    try_again(message=message, by=clinic.rosa, now=NOW)

    with pytest.raises(NotFailed):
        give_up(message=message, by=clinic.mia)

    message.refresh_from_db()
    assert message.state == "due"


def test_all_failed_are_tried_again_at_once(clinic):
    for number in (1, 2, 3):
        failed(clinic, number)
    make_message(clinic.bea, clinic.location, NOW, about_id=4, state="dropped", reason="Moved")

    answer = signed_in(clinic.rosa).post(reverse("messages-again"), follow=True)

    assert "3 messages are tried again." in words(answer)
    assert Message.objects.filter(state="due", due_at=NOW, tries=0).count() == 3
    assert Message.objects.filter(state="dropped").count() == 1


def test_only_the_desk_decides_about_messages(clinic):
    message, chen = failed(clinic), clinic.chen.user

    for decide in (
        lambda: try_again(message=message, by=chen, now=NOW),
        lambda: try_all_again(by=chen, now=NOW),
        lambda: give_up(message=message, by=chen),
    ):
        with pytest.raises(NotAllowed):
            decide()

    assert act(chen, message, "again").status_code == 404
    message.refresh_from_db()
    assert message.state == "failed"


@pytest.mark.parametrize("sent", [{}, {"do": "eat"}, {"do": "\0"}])
def test_unknown_act_is_no_page(clinic, sent):
    message = failed(clinic)

    url = reverse("message-act", args=[message.public_id])

    assert signed_in(clinic.rosa).post(url, sent).status_code == 404


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:x", "\0"])
def test_act_leads_to_no_foreign_address(clinic, back):
    message = failed(clinic)

    url = reverse("message-act", args=[message.public_id])
    answer = signed_in(clinic.rosa).post(url, {"do": "again", "back": back})

    assert answer["Location"] == "/messages/"


def test_navigation_counts_what_failed(clinic):
    failed(clinic, 1)
    failed(clinic, 2)

    page = words(signed_in(clinic.rosa).get(reverse("clients")))

    assert "Messages 2 failed" in page


@pytest.mark.parametrize(
    ("ran_ago", "due_ago", "said", "is_well"),
    [
        (4, None, "Messages go out: last round 4 seconds ago. None waits. None is overdue.", True),
        (4, 60, "4 seconds ago. 1 waits. The oldest has been due for 1 minute.", True),
        (4, 360, "The oldest has been due for 6 minutes. The provider is slow", False),
        (121, None, "Messages stand still: last round 2 minutes ago.", False),
        (5 * 3600, 5 * 3600, "Messages stand still: last round 5 hours ago. 1 waits.", False),
        (None, None, "No message has gone out yet: no round was made.", False),
    ],
)
def test_page_says_whether_messages_go_out(clinic, ran_ago, due_ago, said, is_well):
    if ran_ago is not None:
        Heartbeat.objects.create(name="dispatcher", at=NOW - timedelta(seconds=ran_ago))
    if due_ago is not None:
        make_message(clinic.alice, clinic.location, NOW - timedelta(seconds=due_ago))

    answer = log(clinic.rosa)

    assert said in words(answer)
    assert answer.context["pulse"].is_well is is_well


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("SMTP 550", "The provider refused it (SMTP 550)."),
        ("ConnectTimeout", "The provider could not be reached (ConnectTimeout)."),
        ("No answer twice; it may have gone out", "No answer twice; it may have gone out"),
    ],
)
def test_failure_is_said_in_words(error, said):
    assert failure_words(error) == said


def test_message_that_came_back_is_not_called_sent(clinic):
    make_message(
        clinic.alice,
        clinic.location,
        NOW,
        state="sent",
        sent_at=NOW,
        address="alice@example.com",
        last_error="No such mailbox",
    )

    page = words(log(clinic.rosa))

    assert "Came back today, 8am No such mailbox" in page
