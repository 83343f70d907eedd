"""The verifiers' queue: what waits, for whom, and what runs out."""

from datetime import date, timedelta

import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.domain.credentials import Result
from clinic.models import CredentialType, ExpiryAlert
from clinic.services.papers import withdraw_paper
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_user
from tests.factories.credentials import check, hand_in, make_type, verified
from tests.support.desk import signed_in, words

DIPLOMA = {"proves": CredentialType.Proves.CERTIFICATION, "expires": False}


def shown(clinic: SmallClinic, query: str = "") -> str:
    """Return the words of the queue as the manager sees it."""
    return words(signed_in(clinic.mia).get(f"/verification/{query}"))


def test_papers_wait_oldest_first(clinic: SmallClinic) -> None:
    licence, training = make_type("licence"), make_type("training", **DIPLOMA)
    hand_in(licence, clinic.dora, by=clinic.mia, now=NOW)
    hand_in(training, clinic.chen, by=clinic.mia, now=NOW - timedelta(days=3))

    page = shown(clinic)

    assert page.index("Chen Li : Training (US-NY)") < page.index("Dora Novak : Licence (US-NY)")
    assert "New, handed in on 4 June 2027" in page
    assert "1 January 2027 to 31 January 2028" in page


def test_each_filter_shows_its_papers_and_counts_them(clinic: SmallClinic) -> None:
    licence, training = make_type("licence"), make_type("training", **DIPLOMA)
    hand_in(licence, clinic.dora, by=clinic.mia)
    check(hand_in(training, clinic.dora, by=clinic.mia), Result.MORE_ASKED, by=clinic.mia)
    due = hand_in(licence, clinic.chen, by=clinic.mia)
    check(due, by=clinic.mia, next_check_date=TODAY)
    verified(training, clinic.chen, by=clinic.mia)

    to_do = shown(clinic)

    assert "To do 2 New 1 Check again 1 More asked for 1 All papers 4" in to_do
    assert "Check again, due 7 June 2027" in to_do
    assert "Chen Li : Licence" not in shown(clinic, "?show=new")
    assert "Dora Novak : Licence" not in shown(clinic, "?show=re-check")
    assert "More asked for on 7 June 2027" in shown(clinic, "?show=asked")
    assert "Nothing to do" in shown(clinic, "?show=all")


def test_type_and_holder_narrow_list_and_counts(clinic: SmallClinic) -> None:
    licence, training = make_type("licence"), make_type("training", **DIPLOMA)
    premises = make_type("premises", holder=CredentialType.Holder.LOCATION)
    hand_in(licence, clinic.dora, by=clinic.mia)
    hand_in(training, clinic.dora, by=clinic.mia)
    hand_in(premises, clinic.location, by=clinic.mia)

    of_dora = shown(clinic, "?holder=practitioner.dora&type=licence")
    of_place = shown(clinic, "?holder=location.new-york")

    assert "To do 1 New 1" in of_dora
    assert "Dora Novak : Licence" in of_dora
    assert "Dora Novak : Training" not in of_dora
    assert "New York : Premises" in of_place
    assert "Dora Novak : Licence" not in of_place


def test_answer_to_what_was_asked_waits_for_verifier_again(clinic: SmallClinic) -> None:
    paper = hand_in(make_type(), clinic.dora, by=clinic.mia)
    check(paper, Result.MORE_ASKED, by=clinic.mia)
    paper.number = "4711"
    paper.revision += 1
    paper.save(update_fields=["number", "revision"])

    assert "Answered; handed in on 7 June 2027" in shown(clinic, "?show=new")


def test_due_recheck_leaves_the_standing_as_it_is(clinic: SmallClinic) -> None:
    licence = make_type("licence", required_by=[clinic.follow_up])
    paper = hand_in(licence, clinic.chen, by=clinic.mia)
    check(paper, by=clinic.mia, next_check_date=TODAY)

    page = shown(clinic, "?show=re-check")

    assert "Check again, due 7 June 2027 1 January 2027 to 31 January 2028 Verified" in page
    assert book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 14)).pk


def test_withdrawn_paper_waits_no_more(clinic: SmallClinic) -> None:
    paper = hand_in(make_type(), clinic.dora, by=clinic.mia)

    withdraw_paper(paper=paper, by=clinic.mia, now=NOW)

    assert "To do 0 New 0" in shown(clinic)
    answer = signed_in(clinic.mia).get(f"/verification/{paper.public_id}/", follow=True)
    assert "This paper was taken back" in words(answer)


def test_own_paper_is_shown_but_not_decidable(clinic: SmallClinic) -> None:
    clinic.chen.user.may_verify = True
    clinic.chen.user.save()
    paper = hand_in(make_type(), clinic.chen, by=clinic.mia)
    browser = signed_in(clinic.chen.user)

    page = words(browser.get("/verification/"))
    one = browser.get(f"/verification/{paper.public_id}/")
    sent = browser.post(f"/verification/{paper.public_id}/", {"result": "verified"})

    assert "Yours: somebody else decides" in page
    assert "This paper is yours: somebody else decides." in words(one)
    assert b"data-decision" not in one.content
    assert (sent.status_code, paper.checks.count()) == (404, 0)


def test_warns_while_fewer_than_two_can_verify(clinic: SmallClinic) -> None:
    alone = shown(clinic)

    make_user("Vera Vale", is_reception=True, may_verify=True)

    assert "Fewer than two people can verify papers." in alone
    assert "Fewer than two people" not in shown(clinic)


def test_whoever_may_verify_has_it_in_the_navigation(clinic: SmallClinic) -> None:
    vera = make_user("Vera Vale", is_reception=True, may_verify=True)

    of_vera, of_rosa = (words(signed_in(user).get("/day/")) for user in (vera, clinic.rosa))

    assert ("Verification" in of_vera, "Verification" in of_rosa) == (True, False)


def test_unknown_filter_is_said_and_shows_what_waits(clinic: SmallClinic) -> None:
    hand_in(make_type(), clinic.dora, by=clinic.mia)

    answer = signed_in(clinic.mia).get("/verification/?show=nonsense&holder=x%00")

    assert answer.status_code == 422
    assert "Dora Novak : Licence" in words(answer)


NEXT_MONTH = date(2027, 7, 1)


def queries_of(clinic: SmallClinic, path: str) -> int:
    """Count the statements about papers, visits and people of a page, without the login's."""
    browser = signed_in(clinic.mia)
    browser.get(path)
    with CaptureQueriesContext(connection) as queries:
        answer = browser.get(path)
    assert answer.status_code == 200
    asked = [row["sql"] for row in queries if "django_session" not in row["sql"]]
    return len(asked)


def test_queue_asks_the_same_for_one_paper_and_three(clinic: SmallClinic) -> None:
    for number in range(3):
        hand_in(make_type(f"type-{number}"), clinic.dora, by=clinic.mia)
        verified(make_type(f"other-{number}"), clinic.chen, by=clinic.mia, expires=NEXT_MONTH)
        if number == 0:
            one = queries_of(clinic, "/verification/")

    assert (one, queries_of(clinic, "/verification/")) == (11, 11)


def test_expiring_lists_what_its_end_breaks(clinic: SmallClinic) -> None:
    licence = make_type("licence", required_by=[clinic.follow_up], book_past_expiry_days=60)
    premises = make_type(
        "premises", required_by=[clinic.follow_up], holder=CredentialType.Holder.LOCATION
    )
    verified(licence, clinic.chen, by=clinic.mia, expires=TODAY + timedelta(days=7))
    verified(premises, clinic.location, by=clinic.mia, expires=TODAY + timedelta(days=100))
    for days, hour in ((1, 9), (7, 9), (8, 9), (14, 9)):
        book_visit(
            clinic.alice if days < 8 else clinic.bea,
            clinic.follow_up,
            clinic.location,
            at(TODAY + timedelta(days=days), hour),
        )

    answer = signed_in(clinic.mia).get("/verification/expiring/")

    rows = answer.context["rows"]
    assert [(row.holder, row.ends, row.left, row.broken) for row in rows] == [
        ("Chen Li", "14 June 2027", "in 7 days", 2),
        ("New York", "15 September 2027", "in 100 days", 0),
    ]
    visits = words(signed_in(clinic.mia).get(rows[0].visits_url))
    assert "After 14 June 2027" in visits
    assert "Tuesday 15 June 2027, 9am Bea Brook Follow up Chen Li New York" in visits
    assert "Monday 14 June" not in visits


def test_expiring_puts_past_due_first_and_leaves_out_the_renewed(clinic: SmallClinic) -> None:
    licence, training = make_type("licence"), make_type("training")
    insurance = make_type("insurance")
    verified(licence, clinic.chen, by=clinic.mia, expires=TODAY - timedelta(days=1))
    verified(training, clinic.chen, by=clinic.mia, expires=TODAY)
    verified(insurance, clinic.chen, by=clinic.mia, expires=TODAY + timedelta(days=20))
    verified(
        insurance,
        clinic.chen,
        by=clinic.mia,
        issued=TODAY,
        expires=TODAY + timedelta(days=380),
    )
    verified(licence, clinic.dora, by=clinic.mia, expires=TODAY + timedelta(days=161))

    rows = signed_in(clinic.mia).get("/verification/expiring/").context["rows"]

    assert [(row.type, row.left, row.is_past_due, row.state) for row in rows] == [
        ("Licence (US-NY)", "1 day ago", True, "expired"),
        ("Training (US-NY)", "today", False, "verified"),
    ]


def test_expiring_lists_what_breaks_until_a_late_renewal_counts(clinic: SmallClinic) -> None:
    licence = make_type("licence", required_by=[clinic.follow_up], book_past_expiry_days=0)
    ends, back = TODAY + timedelta(days=7), TODAY + timedelta(days=14)
    paper = verified(licence, clinic.chen, by=clinic.mia, expires=back)
    for days in (8, 14):
        starts = at(TODAY + timedelta(days=days), 9)
        book_visit(clinic.alice, clinic.follow_up, clinic.location, starts)
    check(paper, Result.REVOKED, by=clinic.mia)
    verified(licence, clinic.chen, by=clinic.mia, expires=ends)
    verified(licence, clinic.chen, by=clinic.mia, issued=back)

    rows = signed_in(clinic.mia).get("/verification/expiring/").context["rows"]

    told = [(row.ends, row.back, row.broken) for row in rows]
    assert told == [("14 June 2027", "The next one counts from 21 June 2027", 1)]
    visits = words(signed_in(clinic.mia).get(rows[0].visits_url))
    assert "After 14 June 2027 and before 21 June 2027" in visits
    assert "Tuesday 15 June 2027" in visits
    assert "Monday 21 June" not in visits


def test_last_day_is_today_until_midnight_at_the_clinic(clinic: SmallClinic) -> None:
    verified(make_type(), clinic.chen, by=clinic.mia, expires=TODAY)

    with time_machine.travel(at(TODAY, 22), tick=True):
        row = signed_in(clinic.mia).get("/verification/expiring/").context["rows"][0]

    assert (row.left, row.is_past_due) == ("today", False)


def test_queue_shows_papers_that_were_warned_of(clinic: SmallClinic) -> None:
    paper = verified(make_type(), clinic.chen, by=clinic.mia, expires=TODAY + timedelta(days=20))
    before = shown(clinic, "?show=new")
    ExpiryAlert.objects.create(credential=paper, days_before=30, raised_at=NOW)

    after = shown(clinic, "?show=new")

    assert "27 June 2027, in 20 days" not in before
    assert "Chen Li: Licence (US-NY) 27 June 2027, in 20 days" in after


def test_expiring_asks_the_same_for_one_paper_and_three(clinic: SmallClinic) -> None:
    for number in range(3):
        verified(
            make_type(f"type-{number}", required_by=[clinic.follow_up]),
            clinic.chen,
            by=clinic.mia,
            expires=NEXT_MONTH,
        )
        if number == 0:
            one = queries_of(clinic, "/verification/expiring/")
    for hour in (9, 11, 14):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, hour))

    assert (one, queries_of(clinic, "/verification/expiring/")) == (11, 11)


def test_verifier_who_is_not_the_desk_sees_no_names_of_clients(clinic: SmallClinic) -> None:
    paper = verified(
        make_type("licence", required_by=[clinic.follow_up]), clinic.chen, by=clinic.mia
    )
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 14))
    clinic.dora.user.may_verify = True
    clinic.dora.user.save()

    page = words(signed_in(clinic.dora.user).get(f"/verification/{paper.public_id}/visits/"))

    assert "Monday 7 June 2027, 2pm Follow up Chen Li New York" in page
    assert "Alice Arden" not in page


def test_bad_date_of_the_visits_is_no_page(clinic: SmallClinic) -> None:
    paper = hand_in(make_type(), clinic.chen, by=clinic.mia)

    answer = signed_in(clinic.mia).get(f"/verification/{paper.public_id}/visits/?after=9999-99")

    assert answer.status_code == 404
