"""Who reaches a document: its practitioner and verifiers; for all others there is none."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from clinic.documents.storage import store, stored_names
from clinic.models import Credential, CredentialDocument
from clinic.selectors.credentials import verifiers
from clinic.services.papers import add_documents, add_to_paper, withdraw_paper
from clinic.tasks import remove_orphans
from tests.factories.clinic import NOW, SmallClinic, make_user
from tests.factories.credentials import hand_in, make_type
from tests.factories.documents import half_red, pdf, upload
from tests.support.desk import signed_in

PEOPLE = ("alice", "rosa", "dora", "chen", "mia", "vera")


@pytest.fixture
def paper(clinic: SmallClinic) -> Credential:
    row = hand_in(make_type("licence"), clinic.chen, by=clinic.chen.user)
    kept = [store(upload(pdf(pages=2)))]
    return add_to_paper(paper=row, documents=kept, by=clinic.chen.user, now=NOW)


def answers(clinic: SmallClinic, *path: Any) -> dict[str, int]:
    vera = make_user("Vera Voss", is_reception=True, may_verify=True)
    people = [clinic.alice.user, clinic.rosa, clinic.dora.user, clinic.chen.user, clinic.mia, vera]
    url = reverse(path[0], args=path[1:])
    return {
        name: signed_in(user).get(url).status_code
        for name, user in zip(PEOPLE, people, strict=True)
    }


def test_document_is_for_its_practitioner_and_verifiers(
    clinic: SmallClinic, paper: Credential
) -> None:
    shown = paper.documents.get()

    seen = answers(clinic, "document-page", shown.public_id, 1)

    assert seen == {"alice": 404, "rosa": 404, "dora": 404, "chen": 200, "mia": 200, "vera": 200}


def test_naming_without_a_role_lets_nobody_at_papers(
    clinic: SmallClinic, paper: Credential
) -> None:
    left = signed_in(make_user("Zoe Zell", may_verify=True))
    shown = paper.documents.get()

    pages = [
        reverse("verification"),
        reverse("verification-paper", args=[paper.public_id]),
        reverse("document", args=[shown.public_id]),
    ]

    assert [left.get(page).status_code for page in pages] == [404, 404, 404]
    assert list(verifiers()) == [clinic.mia]


def test_evidence_is_for_verifiers_alone(clinic: SmallClinic, paper: Credential) -> None:
    kept = [store(upload(half_red(), "register.jpg"))]
    add_documents(paper, kept, by=clinic.mia, now=NOW, is_evidence=True)
    shown = paper.documents.get(is_evidence=True)

    seen = answers(clinic, "document", shown.public_id)

    assert seen == {"alice": 404, "rosa": 404, "dora": 404, "chen": 404, "mia": 200, "vera": 200}


def test_evidence_is_not_named_on_the_practitioners_page(
    clinic: SmallClinic, paper: Credential
) -> None:
    kept = [store(upload(half_red(), "register.jpg"))]
    add_documents(paper, kept, by=clinic.mia, now=NOW, is_evidence=True)

    answer = signed_in(clinic.chen.user).get(reverse("credential", args=[paper.public_id]))

    assert "licence.pdf" in answer.content.decode()
    assert "register.jpg" not in answer.content.decode()


def test_manager_who_treats_sees_no_evidence_about_the_own_paper(
    clinic: SmallClinic, paper: Credential
) -> None:
    kept = [store(upload(half_red(), "register.jpg"))]
    add_documents(paper, kept, by=clinic.mia, now=NOW, is_evidence=True)
    clinic.chen.user.is_manager = True
    clinic.chen.user.save()
    shown = paper.documents.get(is_evidence=True)

    answer = signed_in(clinic.chen.user).get(reverse("document", args=[shown.public_id]))

    assert answer.status_code == 404


def test_whole_document_is_saved_and_a_page_is_shown(
    clinic: SmallClinic, paper: Credential
) -> None:
    browser = signed_in(clinic.chen.user)
    shown = paper.documents.get()

    whole = browser.get(reverse("document", args=[shown.public_id]))
    page = browser.get(reverse("document-page", args=[shown.public_id, 2]))

    assert whole["Content-Disposition"] == 'attachment; filename="licence.pdf"'
    assert (page["Content-Type"], page["Cache-Control"]) == ("image/jpeg", "no-store, private")
    assert "sandbox" in page["Content-Security-Policy"]
    assert b"".join(page.streaming_content).startswith(b"\xff\xd8")
    assert b"".join(whole.streaming_content).startswith(b"%PDF")


@pytest.mark.parametrize("number", [0, 3, 10**12])
def test_page_that_is_not_there_answers_404(
    clinic: SmallClinic, paper: Credential, number: int
) -> None:
    url = reverse("document-page", args=[paper.documents.get().public_id, number])

    assert signed_in(clinic.mia).get(url).status_code == 404


def test_document_of_a_paper_taken_back_is_gone(clinic: SmallClinic, paper: Credential) -> None:
    withdraw_paper(paper=paper, by=clinic.chen.user, now=NOW)

    seen = answers(clinic, "document", paper.documents.get().public_id)

    assert set(seen.values()) == {404}


def test_visitor_is_sent_to_sign_in(client: Any, paper: Credential) -> None:
    answer = client.get(reverse("document", args=[paper.documents.get().public_id]))

    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")


def test_orphans_of_more_than_a_day_ago_are_removed(
    clinic: SmallClinic, paper: Credential, documents: Path
) -> None:
    named = CredentialDocument.objects.get().name
    old, new = store(upload(half_red())).name, store(upload(half_red())).name
    for name, hours in ((named, 30), (old, 25), (new, 23)):
        at = (NOW - timedelta(hours=hours)).timestamp()
        os.utime(documents / name, (at, at))

    removed = [remove_orphans(), remove_orphans()]

    assert removed == [1, 0]
    assert stored_names() == {named, new}
