"""A verifier's decision about one paper, over its page."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.documents.storage import store, stored_names
from clinic.domain.credentials import Result
from clinic.models import Credential, CredentialType, User, Verification
from clinic.services.papers import PaperFacts, add_documents, add_to_paper, amend_paper
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_user
from tests.factories.credentials import check, hand_in, make_type, verified
from tests.factories.documents import pdf, upload
from tests.support.desk import signed_in, words

EVIDENCE = {"method": "register", "evidence": "Entry 4711, active"}


@pytest.fixture(autouse=True)
def documents(settings, tmp_path) -> None:
    settings.DOCUMENTS_DIR = tmp_path / "documents"


def send(paper: Credential, by: User, result: str, **more: Any) -> Any:
    """Send a decision about a paper as its page shows it now."""
    browser = signed_in(by)
    url = f"/verification/{paper.public_id}/"
    seen = browser.get(url).context["seen"]
    return browser.post(url, {**seen, "result": result, **more}, follow=True)


def results(paper: Credential) -> list[str]:
    return list(paper.checks.order_by("pk").values_list("result", flat=True))


def test_page_shows_what_a_decision_needs(clinic: SmallClinic) -> None:
    kind = make_type(
        "licence",
        required_by=[clinic.follow_up],
        issuer_former_names="Board of old",
        register_url="https://register.example.com/",
    )
    old = verified(kind, clinic.chen, by=clinic.mia, expires=TODAY + timedelta(days=3), number="1")
    for days in (1, 7):
        start = at(TODAY + timedelta(days=days), 9)
        if days == 7:
            kind.book_past_expiry_days = 30
            kind.save()
        book_visit(clinic.alice, clinic.follow_up, clinic.location, start)
    check(old, Result.VERIFIED, by=clinic.mia, note="Told by Ann")
    paper = hand_in(kind, clinic.chen, by=clinic.mia, number="4711", conditions="No moxa")
    add_to_paper(paper=paper, documents=[store(upload(pdf(pages=2)))], by=clinic.mia, now=NOW)

    answer = signed_in(clinic.mia).get(f"/verification/{paper.public_id}/")

    page = words(answer)
    assert "formerly Board of old" in page
    assert b'href="https://register.example.com/" target="_blank" rel="noopener' in answer.content
    assert "Required for: Follow up. 2 booked visits ahead need it." in page
    assert "1 of them lies after 10 June 2027" in page
    assert answer.content.count(b"<img") == 2
    assert "Other papers of this type 1, 1 January 2027 to 10 June 2027 Verified" in page
    assert "Conditions on it: No moxa" in page
    before = words(signed_in(clinic.mia).get(f"/verification/{old.public_id}/"))
    assert "Verified Monday 7 June 2027, 8am, Mia Moss, register of the issuer" in before
    assert "register entry 4711 Note for verifiers: Told by Ann" in before


def test_verified_with_evidence_counts_and_is_kept_whole(clinic: SmallClinic) -> None:
    kind = make_type(required_by=[clinic.follow_up], recheck_days=90, must_cover_cosmetic=True)
    paper = hand_in(kind, clinic.chen, by=clinic.mia)

    page = send(
        paper,
        clinic.mia,
        "verified",
        **EVIDENCE,
        covers_cosmetic="yes",
        barred=[str(clinic.follow_up.pk)],
        next_check_date="2027-09-05",
        note="Quick answer",
        reason="typed by mistake",
        proof=upload(pdf()),
    )

    row = Verification.objects.get()
    assert "Chen Li: Licence: Verified." in words(page)
    assert (row.result, row.method, row.evidence) == ("verified", "register", "Entry 4711, active")
    assert (row.covers_cosmetic, row.note, row.reason) == (True, "Quick answer", "")
    assert [bar.service for bar in row.bars.all()] == [clinic.follow_up]
    assert row.next_check_date == TODAY + timedelta(days=90)
    assert [item.is_evidence for item in paper.documents.all()] == [True]


def test_next_check_is_proposed_by_the_type(clinic: SmallClinic) -> None:
    paper = hand_in(make_type(recheck_days=90), clinic.chen, by=clinic.mia)

    page = signed_in(clinic.mia).get(f"/verification/{paper.public_id}/")

    assert b'value="2027-09-05"' in page.content


@pytest.mark.parametrize(
    ("result", "standing"),
    [("more_asked", "We asked for more"), ("rejected", "Rejected")],
)
def test_no_with_a_reason_is_recorded(result: str, standing: str, clinic: SmallClinic) -> None:
    paper = hand_in(make_type(), clinic.chen, by=clinic.mia)

    send(paper, clinic.mia, result, reason="The back is missing")

    assert list(paper.checks.values_list("result", "reason")) == [(result, "The back is missing")]
    assert standing in words(signed_in(clinic.mia).get("/verification/?show=all"))


def test_renewal_pending_counts_thirty_days_on(clinic: SmallClinic) -> None:
    paper = verified(make_type(), clinic.chen, by=clinic.mia, expires=TODAY - timedelta(days=1))
    page = words(signed_in(clinic.mia).get(f"/verification/{paper.public_id}/"))

    send(paper, clinic.mia, "renewal_pending", **EVIDENCE)

    assert "it counts until 6 July 2027" in page
    assert results(paper) == ["verified", "renewal_pending"]


@pytest.mark.parametrize("result", ["suspended", "revoked"])
def test_barring_says_what_happens_and_asks_for_a_tick(result: str, clinic: SmallClinic) -> None:
    kind = make_type(required_by=[clinic.follow_up])
    paper = verified(kind, clinic.chen, by=clinic.mia)
    for hour in (9, 11):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, hour))

    without = send(paper, clinic.mia, result, reason="The board says so")
    once = results(paper)
    send(paper, clinic.mia, result, reason="The board says so", understood="on")

    page = words(without)
    assert without.status_code == 422
    assert "2 booked visits go to the cover list." in page
    assert "Chen Li is off the public pages at once for: Follow up." in page
    assert "Tick that you have read what happens." in page
    assert (once, results(paper)) == (["verified"], ["verified", result])


@pytest.mark.parametrize(
    ("result", "more", "said"),
    [
        ("verified", {"evidence": "x"}, "Choose how you checked."),
        ("verified", {"method": "register"}, "Say what the issuer said."),
        ("verified", {**EVIDENCE}, "Enter when to check it again."),
        ("verified", {**EVIDENCE, "next_check_date": "2027-06-07"}, "Choose a date after today"),
        ("verified", {**EVIDENCE, "next_check_date": "soon"}, "Enter a date, such as"),
        ("verified", {**EVIDENCE}, "Say whether it covers cosmetic facial work."),
        ("verified", {**EVIDENCE, "barred": "999"}, "Select a valid choice"),
        ("verified", {**EVIDENCE, "evidence": "x" * 501}, "Please keep it to 500 characters."),
        ("more_asked", {}, "Give a reason. The practitioner reads it."),
        ("rejected", {"reason": "  "}, "Give a reason. The practitioner reads it."),
        ("", {}, "Choose what you decide."),
        ("revoked", {}, "That can't be decided now."),
        ("nonsense\0", {}, "That can't be decided now."),
    ],
)
def test_incomplete_decision_says_what_is_missing(
    result: str, more: dict[str, str], said: str, clinic: SmallClinic
) -> None:
    kind = make_type(required_by=[clinic.follow_up], recheck_days=90, must_cover_cosmetic=True)
    paper = hand_in(kind, clinic.chen, by=clinic.mia)

    answer = send(paper, clinic.mia, result, note="Kept words", **more)

    assert answer.status_code == 422
    assert said in words(answer)
    assert b"Kept words" in answer.content
    assert results(paper) == []


def test_file_that_is_no_document_is_refused_and_nothing_kept(clinic: SmallClinic) -> None:
    paper = hand_in(make_type(), clinic.chen, by=clinic.mia)
    fake = SimpleUploadedFile("proof.pdf", b"%PDF-1.7 but no more than that")

    answer = send(paper, clinic.mia, "verified", **EVIDENCE, proof=fake)

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"proof"}
    assert (results(paper), stored_names()) == ([], set())


def test_second_verifier_sees_what_the_first_decided_and_keeps_the_words(
    clinic: SmallClinic,
) -> None:
    vera = make_user("Vera Vale", is_manager=True)
    paper = hand_in(make_type(), clinic.chen, by=clinic.mia)
    browser = signed_in(clinic.mia)
    url = f"/verification/{paper.public_id}/"
    seen = browser.get(url).context["seen"]
    check(paper, Result.REJECTED, by=vera)

    answer = browser.post(url, {**seen, "result": "verified", **EVIDENCE, "proof": upload(pdf())})

    page = words(answer)
    assert answer.status_code == 409
    assert "Vera Vale was here first and decided: Rejected." in page
    assert "Entry 4711, active" in page
    assert "Please choose again:" in page
    assert (results(paper), stored_names()) == (["rejected"], set())
    again = browser.post(url, {**answer.context["seen"], "result": "verified", **EVIDENCE})
    assert (again.status_code, results(paper)) == (302, ["rejected", "verified"])


def test_decision_on_a_paper_corrected_meanwhile_waits_for_another_look(
    clinic: SmallClinic,
) -> None:
    paper = hand_in(make_type(), clinic.chen, by=clinic.mia)
    browser = signed_in(clinic.mia)
    url = f"/verification/{paper.public_id}/"
    seen = browser.get(url).context["seen"]
    facts = PaperFacts("Chen Li", "Board", number="5", expires_date=TODAY + timedelta(days=400))
    amend_paper(paper=paper, facts=facts, documents=[], revision=1, by=clinic.chen.user, now=NOW)

    answer = browser.post(url, {**seen, "result": "verified", **EVIDENCE})

    assert answer.status_code == 409
    assert "Somebody corrected this paper, or added to it, a moment ago." in words(answer)
    assert results(paper) == []


@pytest.mark.parametrize("seen", [{}, {"check": "x", "revision": "1"}, {"check": -1}])
def test_decision_that_saw_nothing_is_not_recorded(
    seen: dict[str, Any], clinic: SmallClinic
) -> None:
    paper = hand_in(make_type(), clinic.chen, by=clinic.mia)

    answer = signed_in(clinic.mia).post(
        f"/verification/{paper.public_id}/", {**seen, "result": "verified", **EVIDENCE}
    )

    assert (answer.status_code, results(paper)) == (409, [])


def test_recheck_starts_from_the_last_answers(clinic: SmallClinic) -> None:
    kind = make_type(required_by=[clinic.follow_up], must_cover_cosmetic=True)
    paper = hand_in(kind, clinic.chen, by=clinic.mia)
    check(paper, by=clinic.mia, covers_cosmetic=True, barred=[clinic.follow_up.pk])

    form = signed_in(clinic.mia).get(f"/verification/{paper.public_id}/").context["form"]

    assert form["covers_cosmetic"].value() == "yes"
    assert form["barred"].value() == [clinic.follow_up.pk]


def test_typing_error_is_corrected_before_deciding(clinic: SmallClinic) -> None:
    paper = hand_in(make_type(), clinic.chen, by=clinic.mia)
    browser = signed_in(clinic.mia)
    url = f"/verification/{paper.public_id}/"

    amend_url = browser.get(url).context["amend_url"]
    form = {"name_shown": "Chen Li", "issuer": "B", "expires_date": "2028-02-01", "revision": 1}
    answer = browser.post(amend_url, {**form, "number": "4712"}, follow=True)

    assert answer.redirect_chain[-1][0] == url
    assert "4712" in words(answer)
    check(paper, by=clinic.mia)
    assert browser.get(url).context["amend_url"] == ""


def test_premises_say_that_nobody_can_be_booked_there(clinic: SmallClinic) -> None:
    kind = make_type(
        "premises", required_by=[clinic.follow_up], holder=CredentialType.Holder.LOCATION
    )
    paper = verified(kind, clinic.location, by=clinic.mia)
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 9))

    page = words(signed_in(clinic.mia).get(f"/verification/{paper.public_id}/"))

    assert "1 booked visit goes to the cover list." in page
    assert "Nobody can be booked at New York any more for: Follow up." in page


def test_paper_that_nothing_requires_says_so(clinic: SmallClinic) -> None:
    paper = verified(make_type(), clinic.chen, by=clinic.mia)

    page = words(signed_in(clinic.mia).get(f"/verification/{paper.public_id}/"))

    assert "No service requires this paper, so no booking depends on it." in page
    assert "No service requires this paper, so nothing else changes." in page


def test_stranger_finds_no_paper(clinic: SmallClinic) -> None:
    paper = hand_in(make_type(), clinic.chen, by=clinic.mia)

    answers = [
        signed_in(user).post(f"/verification/{paper.public_id}/", {"result": "verified"})
        for user in (clinic.rosa, clinic.chen.user, clinic.alice.user)
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert results(paper) == []


def test_document_that_came_meanwhile_is_looked_at_first(clinic: SmallClinic) -> None:
    paper = hand_in(make_type(), clinic.chen, by=clinic.mia)
    looked_at = {"check": "0", "revision": str(paper.revision)}
    late = [store(upload(pdf()))]
    add_to_paper(paper=paper, documents=late, by=clinic.chen.user, now=NOW)

    answer = signed_in(clinic.mia).post(
        f"/verification/{paper.public_id}/",
        {**looked_at, "result": "rejected", "reason": "Nothing was handed in"},
    )

    assert (answer.status_code, paper.checks.count()) == (409, 0)
    assert "Somebody corrected this paper, or added to it" in words(answer)
    assert "Nothing was handed in" in words(answer)


def test_own_paper_shows_no_verifiers_notes_and_evidence(clinic: SmallClinic) -> None:
    clinic.chen.user.may_verify = True
    clinic.chen.user.save()
    paper = hand_in(make_type(), clinic.chen, by=clinic.mia)
    check(paper, by=clinic.mia, note="Rang twice", evidence="Ann said so")
    kept = [store(upload(pdf(), "register.pdf"))]
    add_documents(paper, kept, by=clinic.mia, now=NOW, is_evidence=True)
    url = f"/verification/{paper.public_id}/"

    own, of_mia = (words(signed_in(user).get(url)) for user in (clinic.chen.user, clinic.mia))

    said = ("Rang twice", "Ann said so", "register.pdf")
    assert [word in of_mia for word in said] == [True, True, True]
    assert [word in own for word in said] == [False, False, False]


def test_page_asks_the_same_with_one_paper_and_three(clinic: SmallClinic) -> None:
    kind = make_type(required_by=[clinic.follow_up])
    paper = verified(kind, clinic.chen, by=clinic.mia)
    browser = signed_in(clinic.mia)
    counts = []
    for number in (1, 3):
        browser.get(f"/verification/{paper.public_id}/")
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"/verification/{paper.public_id}/")
        counts.append(len([row for row in queries if "django_session" not in row["sql"]]))
        if number == 1:
            for _ in range(2):
                verified(kind, clinic.chen, by=clinic.mia)
                check(paper, by=clinic.mia)
            for hour in (9, 11, 14):
                book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, hour))

    assert counts == [17, 17]
