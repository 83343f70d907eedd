"""Documents stand under random names in a folder of their own."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from clinic.documents.kinds import Kind
from clinic.documents.refusals import DocumentTooLarge
from clinic.documents.storage import (
    NoSuchDocument,
    StoredDocument,
    cleaned_name,
    open_page,
    open_whole,
    remove,
    remove_orphans,
    store,
    stored_names,
)
from tests.factories.clinic import NOW
from tests.factories.documents import pdf, pdf_with_huge_picture, picture, upload

OTHER = "0" * 32


def test_stored_document_says_what_is_kept(documents):
    original = pdf(pages=2)

    stored = store(upload(original, "../../etc/licence.pdf"))

    whole = (documents / stored.name / "document.pdf").read_bytes()
    assert stored == StoredDocument(
        name=stored.name,
        kind=Kind.PDF,
        pages=2,
        sha256=hashlib.sha256(whole).hexdigest(),
        original_sha256=hashlib.sha256(original).hexdigest(),
        original_name="licence.pdf",
        bytes=len(whole),
    )


def test_folder_holds_pages_and_new_pdf_only(documents):
    stored = store(upload(pdf(pages=2)))

    assert os.listdir(documents) == [stored.name]
    kept = sorted(os.listdir(documents / stored.name))
    assert kept == ["document.pdf", "page-1.jpg", "page-2.jpg"]


def test_nobody_else_on_the_machine_may_look(documents):
    stored = store(upload(picture()))

    assert documents.stat().st_mode & 0o777 == 0o700
    assert (documents / stored.name).stat().st_mode & 0o777 == 0o700


def test_same_file_twice_gets_two_names():
    first, second = store(upload(picture())), store(upload(picture()))

    assert first.name != second.name
    assert first.sha256 == second.sha256
    assert stored_names() == {first.name, second.name}


def test_two_at_once_are_both_taken():
    with ThreadPoolExecutor(2) as threads:
        files = [upload(pdf_with_huge_picture()), upload(pdf(pages=20))]
        stored = list(threads.map(store, files))

    assert [document.pages for document in stored] == [1, 20]
    assert stored_names() == {document.name for document in stored}


def test_file_above_10_mb_is_refused(documents):
    with pytest.raises(DocumentTooLarge):
        store(upload(picture() + bytes(10 * 1024 * 1024)))

    assert not documents.exists()


def test_file_of_exactly_10_mb_is_taken():
    content = picture()

    assert store(upload(content + bytes(10 * 1024 * 1024 - len(content)))).pages == 1


def test_size_that_a_file_claims_is_not_believed(documents):
    liar = upload(picture() + bytes(10 * 1024 * 1024))
    liar.size = 10

    with pytest.raises(DocumentTooLarge):
        store(liar)

    assert list(documents.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../" + OTHER,
        OTHER + "/../" + OTHER,
        OTHER + "\n",
        OTHER + "\0",
        OTHER.upper().replace("0", "A"),
        "/etc/passwd",
        OTHER[1:],
        OTHER,
    ],
)
def test_name_that_is_none_of_ours_opens_nothing(name, documents):
    store(upload(picture()))
    (documents / "page-1.jpg").write_bytes(b"not to be reached")

    with pytest.raises(NoSuchDocument):
        open_page(name, 1)
    with pytest.raises(NoSuchDocument):
        open_whole(name)


@pytest.mark.parametrize("number", [0, -1, 3, 21, 10**30])
def test_page_that_is_not_there_opens_nothing(number):
    stored = store(upload(pdf(pages=2)))

    with pytest.raises(NoSuchDocument):
        open_page(stored.name, number)


def test_removed_document_is_gone(documents):
    stored = store(upload(picture()))

    remove(stored.name)
    remove(stored.name)

    assert list(documents.iterdir()) == []


def test_remove_takes_no_path(documents):
    store(upload(picture()))

    with pytest.raises(NoSuchDocument):
        remove("../documents")

    assert len(stored_names()) == 1


def age(path, days: int) -> None:
    written = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (written, written))


def test_only_old_orphans_are_removed(documents):
    known, orphan, fresh = (store(upload(picture())) for _ in range(3))
    age(documents / known.name, days=9)
    age(documents / orphan.name, days=2)
    age(documents / fresh.name, days=0)

    removed = remove_orphans([known.name], older_than=NOW - timedelta(days=1))

    assert removed == [orphan.name]
    assert stored_names() == {known.name, fresh.name}


def test_remains_of_a_killed_upload_are_removed_and_others_left(documents):
    store(upload(picture()))
    for name in (".new-" + OTHER, ".new-" + OTHER[1:], "notes"):
        (documents / name).mkdir()
        age(documents / name, days=2)

    assert remove_orphans(stored_names(), older_than=NOW - timedelta(days=1)) == []

    assert not (documents / (".new-" + OTHER)).exists()
    assert (documents / "notes").exists()


def test_document_counts_as_written_when_it_was_stored(documents):
    stored = store(upload(picture()))
    written = datetime.fromtimestamp((documents / stored.name).stat().st_mtime, UTC)

    assert remove_orphans([], older_than=written) == []
    assert remove_orphans([], older_than=written + timedelta(seconds=1)) == [stored.name]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("licence.pdf", "licence.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Papers\\licence.pdf", "licence.pdf"),
        ("lic\0en\x1bce\r\n.pdf", "licence.pdf"),
        ("licence\u202efdp.exe", "licencefdp.exe"),
        ("my   licence .pdf", "my licence .pdf"),
        ("", "document"),
        ("..", "document"),
        ("Zulassung für Köln.pdf", "Zulassung für Köln.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("." + "y" * 300, "y" * 120),
    ],
)
def test_name_is_made_fit_to_be_shown(raw, shown):
    assert cleaned_name(raw) == shown
