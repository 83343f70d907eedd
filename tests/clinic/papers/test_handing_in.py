"""Handing papers in: only what a type asks for, files taken in or refused at their field."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from clinic.domain.credentials import Result
from clinic.models import Credential, CredentialDocument, CredentialType
from tests.factories.clinic import NOW, SmallClinic
from tests.factories.credentials import check, hand_in, make_type, verified
from tests.factories.documents import half_red, pdf, upload
from tests.support.desk import signed_in, words

FACTS = {
    "name_shown": "Chen Li",
    "number": "4711",
    "issued_date": "2027-01-01",
    "expires_date": "2028-01-31",
}


def send(browser: Browser, slug: str = "licence", **answers: Any) -> Any:
    return browser.post(f"{reverse('credential-new')}?type={slug}", {**FACTS, **answers})


def kept(documents: Path) -> list[str]:
    return sorted(path.name for path in documents.iterdir())


@pytest.fixture
def chen(clinic: SmallClinic) -> Browser:
    make_type("licence", required_by=[clinic.follow_up])
    return signed_in(clinic.chen.user)


def test_paper_is_handed_in_with_its_documents(
    clinic: SmallClinic, chen: Browser, documents: Path
) -> None:
    answer = send(chen, documents=[upload(pdf(pages=2)), upload(half_red(), "card.jpg")])

    paper = Credential.objects.get()
    rows = list(paper.documents.order_by("pk"))
    assert answer["Location"] == reverse("credential", args=[paper.public_id])
    assert (paper.practitioner, paper.number, paper.issuer) == (
        clinic.chen,
        "4711",
        "New York State Board",
    )
    assert (paper.issued_date, paper.expires_date) == (date(2027, 1, 1), date(2028, 1, 31))
    assert [(row.original_name, row.pages) for row in rows] == [("licence.pdf", 2), ("card.jpg", 1)]
    assert kept(documents) == sorted(row.name for row in rows)


def test_same_form_sent_twice_is_one_paper_and_one_document(chen: Browser, documents: Path) -> None:
    send(chen, documents=[upload(half_red(), "card.jpg")])
    send(chen, documents=[upload(half_red(), "card.jpg")])

    assert Credential.objects.count() == 1
    assert kept(documents) == [CredentialDocument.objects.get().name]


@pytest.mark.parametrize(
    ("content", "name", "words_shown"),
    [
        (b"<html><script>alert(1)</script>", "licence.jpg", "Please hand in a PDF, JPEG or PNG."),
        (b"%PDF-1.7 and then nothing", "licence.pdf", "This file can't be opened."),
        (half_red()[:200], "licence.jpg", "This file can't be opened."),
    ],
)
def test_refused_file_is_told_at_its_field_and_leaves_nothing(
    chen: Browser, documents: Path, content: bytes, name: str, words_shown: str
) -> None:
    answer = send(chen, documents=[upload(content, name)])

    form = answer.context["form"]
    assert answer.status_code == 422
    assert words_shown in form.errors["documents"][0]
    assert form["number"].value() == "4711"
    assert not Credential.objects.exists()
    assert kept(documents) == []


def test_second_file_refused_takes_the_first_with_it(chen: Browser, documents: Path) -> None:
    files = [upload(half_red(), "good.jpg"), upload(half_red()[:200], "bad.jpg")]

    answer = send(chen, documents=files)

    assert "“bad.jpg”: This file can't be opened" in words(answer)
    assert (Credential.objects.count(), kept(documents)) == (0, [])


def test_files_are_asked_for_again_when_an_answer_is_wrong(chen: Browser, documents: Path) -> None:
    answer = send(chen, expires_date="2026-12-31", documents=[upload(half_red(), "card.jpg")])

    form = answer.context["form"]
    assert answer.status_code == 422
    assert form.errors == {
        "expires_date": ["The last valid day lies before the first."],
        "documents": ["Please choose again: “card.jpg”. A browser forgets files."],
    }
    assert form["number"].value() == "4711"
    assert kept(documents) == []


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name_shown", "", "Enter the name that is printed on it."),
        ("expires_date", "", "Enter the last day on which it is valid."),
        ("expires_date", "31.1.2028", "Enter a date, such as 2027-06-30."),
        ("expires_date", "9999-12-31", "Enter a date, such as 2027-06-30."),
        ("expires_date", "2027-06-06", "This day is past. Hand in the paper that is valid now."),
        ("issued_date", "0001-01-01", "Enter a date, such as 2027-06-30."),
        ("documents", "", "Choose at least one PDF, JPEG or PNG."),
    ],
)
def test_wrong_answer_is_told_at_its_field(
    chen: Browser, field: str, value: str, message: str
) -> None:
    answer = send(chen, **{field: value})

    assert answer.status_code == 422
    assert message in answer.context["form"].errors[field]
    assert not Credential.objects.exists()


@pytest.mark.parametrize("number", ["x\0y", "'" * 61])
def test_nonsense_in_a_text_is_refused(chen: Browser, number: str) -> None:
    assert send(chen, number=number).status_code == 422


@pytest.mark.parametrize("slug", ["none", "\0", "premises"])
def test_type_that_nobody_hands_in_answers_404(chen: Browser, slug: str) -> None:
    make_type("premises", holder="location")

    assert chen.get(reverse("credential-new"), {"type": slug}).status_code == 404


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({}, {"expires_date"}),
        ({"expires": False}, set()),
        ({"issuer": ""}, {"expires_date", "issuer"}),
        (
            {"expires": False, "asks_training": True},
            {"training_provider", "training_hours"},
        ),
        ({"must_cover_cosmetic": True}, {"expires_date", "covers_cosmetic"}),
    ],
)
def test_form_asks_only_what_the_type_asks_for(
    clinic: SmallClinic, fields: dict[str, Any], asked: set[str]
) -> None:
    make_type("other", **fields)

    answer = signed_in(clinic.chen.user).get(reverse("credential-new"), {"type": "other"})

    always = {"name_shown", "number", "issued_date", "conditions", "documents", "revision"}
    assert set(answer.context["form"].fields) == always | asked


def test_training_is_handed_in_with_provider_and_hours(clinic: SmallClinic) -> None:
    make_type("training", expires=False, asks_training=True, issuer="")
    answers = {"issuer": "Oak School", "training_provider": "Oak School", "training_hours": "96"}

    send(
        signed_in(clinic.chen.user), "training", **answers, documents=[upload(half_red(), "a.jpg")]
    )

    paper = Credential.objects.get()
    assert (paper.training_provider, paper.training_hours, paper.expires_date) == (
        "Oak School",
        96,
        None,
    )


def test_renewal_starts_with_what_stays_the_same(clinic: SmallClinic, chen: Browser) -> None:
    kind = CredentialType.objects.get(slug="licence")
    verified(kind, clinic.chen, by=clinic.mia, number="4711")

    answer = chen.get(reverse("credential-new"), {"type": "licence"})

    form = answer.context["form"]
    assert [form[name].value() for name in ("name_shown", "number")] == ["Chen Li", "4711"]
    assert [form[name].value() for name in ("issued_date", "expires_date")] == [None, None]
    assert "The paper that you have goes on counting until we have checked" in words(answer)


def test_types_are_offered_needed_ones_first(clinic: SmallClinic, chen: Browser) -> None:
    make_type("first-aid")

    page = words(chen.get(reverse("credential-new")))

    assert page.index("Licence") < page.index("Other papers") < page.index("First aid")


def test_paper_is_corrected_until_somebody_decides(clinic: SmallClinic, chen: Browser) -> None:
    kind = CredentialType.objects.get(slug="licence")
    paper = hand_in(kind, clinic.chen, by=clinic.chen.user)
    url = reverse("credential-edit", args=[paper.public_id])

    saved = chen.post(url, {**FACTS, "number": "4712", "revision": "1"})
    stale = chen.post(url, {**FACTS, "number": "4713", "revision": "1"})
    check(paper, by=clinic.mia)
    decided = chen.post(url, {**FACTS, "number": "4714", "revision": "2"}, follow=True)

    paper.refresh_from_db()
    assert saved.status_code == 302
    assert (paper.number, paper.revision) == ("4712", 2)
    assert stale.status_code == 422
    assert "Somebody changed this a moment ago." in words(stale)
    assert stale.context["form"]["number"].value() == "4713"
    assert "This paper was decided on." in words(decided)


def test_correcting_leads_back_to_where_it_was_asked_for(
    clinic: SmallClinic, chen: Browser
) -> None:
    kind = CredentialType.objects.get(slug="licence")
    paper = hand_in(kind, clinic.chen, by=clinic.chen.user)
    url = reverse("credential-edit", args=[paper.public_id])
    answers = {**FACTS, "revision": "1"}

    ours = signed_in(clinic.mia).post(f"{url}?next=/verification/", answers)
    foreign = chen.post(f"{url}?next=//evil.example/", {**answers, "revision": "2"})

    assert ours["Location"] == "/verification/"
    assert foreign["Location"] == reverse("credential", args=[paper.public_id])


def test_pages_name_the_holder_to_whoever_works_on_a_paper_of_somebody_else(
    clinic: SmallClinic, chen: Browser
) -> None:
    send(chen, documents=[upload(half_red())])
    paper = Credential.objects.get()
    names = ("credential-edit", "credential-add")

    own, of_mia = (
        [words(browser.get(reverse(name, args=[paper.public_id]))) for name in names]
        for browser in (chen, signed_in(clinic.mia))
    )

    assert ["Correct, Chen Li" in of_mia[0], "Add documents, Chen Li" in of_mia[1]] == [True, True]
    assert ["Correct, Chen Li" in own[0], "Add documents, Chen Li" in own[1]] == [False, False]


def test_verifier_comes_back_from_a_paper_to_the_decision(
    clinic: SmallClinic, chen: Browser
) -> None:
    send(chen, documents=[upload(half_red())])
    paper = Credential.objects.get()

    page = signed_in(clinic.mia).get(reverse("credential", args=[paper.public_id]))

    assert f'class="back-link" href="/verification/{paper.public_id}/"' in page.content.decode()


def test_documents_answer_what_a_verifier_asked(clinic: SmallClinic, chen: Browser) -> None:
    kind = CredentialType.objects.get(slug="licence")
    paper = hand_in(kind, clinic.chen, by=clinic.chen.user, now=NOW - timedelta(days=2))
    earlier = NOW - timedelta(days=1)
    check(paper, Result.MORE_ASKED, by=clinic.mia, reason="The back of it, please.", now=earlier)
    url = reverse("credential", args=[paper.public_id])
    asked = words(chen.get(url))

    chen.post(
        reverse("credential-add", args=[paper.public_id]),
        {"documents": [upload(half_red(), "back.jpg")]},
    )

    answered = words(chen.get(url))
    assert "We asked for more The back of it, please. Add documents" in asked
    assert "Waits for our check" in answered
    assert "Page 1 of back.jpg" in chen.get(url).content.decode()
    assert "Document added" in answered


def test_paper_is_taken_back_and_leaves_the_list(clinic: SmallClinic, chen: Browser) -> None:
    kind = CredentialType.objects.get(slug="licence")
    paper = hand_in(kind, clinic.chen, by=clinic.chen.user)

    page = words(chen.post(reverse("credential-withdraw", args=[paper.public_id]), follow=True))

    assert "Taken back." in page
    assert "No papers yet" in page
    assert chen.get(reverse("credential", args=[paper.public_id])).status_code == 404


def test_decided_paper_is_not_taken_back(clinic: SmallClinic, chen: Browser) -> None:
    kind = CredentialType.objects.get(slug="licence")
    paper = verified(kind, clinic.chen, by=clinic.mia)

    page = words(chen.post(reverse("credential-withdraw", args=[paper.public_id]), follow=True))

    paper.refresh_from_db()
    assert paper.withdrawn_at is None
    assert "This paper was decided on." in page


def test_paper_shows_its_story_without_what_verifiers_note(
    clinic: SmallClinic, chen: Browser
) -> None:
    kind = CredentialType.objects.get(slug="licence")
    paper = hand_in(kind, clinic.chen, by=clinic.chen.user)
    check(paper, by=clinic.mia, note="odd stamp", barred=[clinic.first_visit.pk])
    check(paper, Result.SUSPENDED, by=clinic.mia, reason="The board says so.")

    page = words(chen.get(reverse("credential", args=[paper.public_id])))

    assert page.index("Suspended 7 June") < page.index("Verified 7 June") < page.index("Handed in")
    assert "Suspended 7 June 2027 by Mia Moss The board says so." in page
    assert "Checked with: register of the issuer. A condition rules out: First visit" in page
    assert "Handed in 7 June 2027 by Chen Li" in page
    assert "odd stamp" not in page


@pytest.mark.parametrize("name", ["credential", "credential-edit", "credential-add"])
@pytest.mark.parametrize("person", ["dora", "alice", "rosa"])
def test_stranger_finds_no_paper_of_others(clinic: SmallClinic, name: str, person: str) -> None:
    paper = hand_in(make_type("licence"), clinic.chen, by=clinic.chen.user)
    users = {"dora": clinic.dora.user, "alice": clinic.alice.user, "rosa": clinic.rosa}
    browser = signed_in(users[person])
    url = reverse(name, args=[paper.public_id])
    withdraw = reverse("credential-withdraw", args=[paper.public_id])

    answers = [browser.get(url), browser.post(url, FACTS), browser.post(withdraw)]

    paper.refresh_from_db()
    assert [answer.status_code for answer in answers] == [
        404,
        405 if name == "credential" else 404,
        404,
    ]
    assert (paper.withdrawn_at, paper.revision) == (None, 1)


@pytest.mark.parametrize("count", [1, 3])
def test_paper_costs_the_same_queries(
    clinic: SmallClinic, chen: Browser, count: int, django_assert_num_queries: Any
) -> None:
    kind = CredentialType.objects.get(slug="licence")
    for number in range(count):
        paper = hand_in(kind, clinic.chen, by=clinic.chen.user, number=str(number))
        check(paper, by=clinic.mia)
    url = reverse("credential", args=[paper.public_id])
    chen.get(url)

    with django_assert_num_queries(14):
        chen.get(url)
