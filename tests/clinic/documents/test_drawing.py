"""PDFs become pictures of their pages, and a new PDF of these."""

import io

import pytest
from PIL import Image
from pypdfium2 import PdfDocument

from clinic.documents.kinds import Kind
from clinic.documents.refusals import DocumentLocked, DocumentUnreadable, TooManyPages
from clinic.documents.storage import StoredDocument, open_page, open_whole, store, stored_names
from tests.factories.documents import (
    MARK,
    PAYLOAD,
    locked_pdf,
    pdf,
    pdf_with_filled_form,
    pdf_with_huge_picture,
    pdf_with_script_and_file,
    upload,
)

BLACK, WHITE = (0, 0, 0), (255, 255, 255)
ACTIVE = (b"/OpenAction", b"/JavaScript", b"/JS", b"/EmbeddedFile", b"/AcroForm", b"/Annot")


def page_of(stored: StoredDocument, number: int = 1) -> Image.Image:
    with open_page(stored.name, number) as page:
        return Image.open(io.BytesIO(page.read()))


def whole_of(stored: StoredDocument) -> bytes:
    whole, kind = open_whole(stored.name)
    assert kind is stored.kind is Kind.PDF
    with whole:
        return whole.read()


def test_page_shows_what_the_pdf_shows():
    page = page_of(store(upload(pdf())))

    assert page.size == (1413, 1999)
    assert page.getpixel((475, 332)) == BLACK
    assert page.getpixel((1200, 1500)) == WHITE


def test_new_pdf_shows_the_same_pages():
    stored = store(upload(pdf(pages=3)))

    with PdfDocument(whole_of(stored)) as whole:
        drawn = whole[2].render(scale=1).to_pil().convert("RGB")
        assert len(whole) == stored.pages == 3
        assert drawn.size == (595, 842)
        assert drawn.getpixel((200, 142)) == BLACK
        assert drawn.getpixel((500, 700)) == WHITE


def test_scripts_files_and_titles_do_not_survive():
    original = pdf_with_script_and_file()
    assert original.count(MARK) == 4

    whole = whole_of(store(upload(original)))

    assert MARK not in whole
    assert [word for word in ACTIVE if word in whole] == []
    with PdfDocument(whole) as read:
        assert read.count_attachments() == 0
        assert read.get_metadata_dict(skip_empty=True).keys() <= {"Creator", "CreationDate"}


@pytest.mark.parametrize("tail", [b"PK\x03\x04" + PAYLOAD, b"<html>" + PAYLOAD])
def test_polyglot_keeps_only_its_pages(tail):
    stored = store(upload(pdf() + tail, "archive.zip"))

    assert MARK not in whole_of(stored)
    assert page_of(stored).getpixel((475, 332)) == BLACK


def test_what_was_typed_into_a_form_is_seen():
    page = page_of(store(upload(pdf_with_filled_form())))

    assert page.getpixel((475, 332)) == BLACK


def test_locked_pdf_is_refused():
    with pytest.raises(DocumentLocked):
        store(upload(locked_pdf()))

    assert stored_names() == set()


def test_twenty_pages_are_taken():
    assert store(upload(pdf(pages=20))).pages == 20


@pytest.mark.parametrize("pages", [21, 10_000])
def test_more_than_twenty_pages_are_refused(pages, documents):
    with pytest.raises(TooManyPages):
        store(upload(pdf(pages=pages)))

    assert list(documents.iterdir()) == []


@pytest.mark.parametrize(
    "box", ["0 0 9999999 9999999", "0 0 9999999 0.001", "0 0 0 0", "500 500 0 0", "0 0 1e400 1"]
)
def test_page_that_claims_any_size_is_drawn_at_a_limited_one(box):
    page = page_of(store(upload(pdf(box=box))))

    assert 1 <= min(page.size) <= max(page.size) <= 2_000


def test_small_card_is_not_blown_up():
    page = page_of(store(upload(pdf(box="0 0 72 36"))))

    assert page.size == (300, 150)


def test_huge_picture_inside_is_drawn_at_a_limited_size():
    assert page_of(store(upload(pdf_with_huge_picture()))).size == (1413, 1999)


@pytest.mark.parametrize(
    "content",
    [pdf()[:200], b"%PDF-1.7\n" + b"\x00\xff" * 3000, pdf(pages=0)],
    ids=["cut", "garbage", "no pages"],
)
def test_broken_pdf_is_refused(content):
    with pytest.raises(DocumentUnreadable):
        store(upload(content))

    assert stored_names() == set()
