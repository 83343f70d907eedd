"""A browser can show a page and save a document, and nothing else."""

import pytest
from django.http import Http404

from clinic.documents.storage import store
from clinic.views.documents import page_response, whole_response
from tests.factories.documents import pdf, picture, upload

NAMES_OF_NOTHING = ["0" * 32, "../../etc/passwd", ""]


def headers(response) -> dict[str, str]:
    return {name: value for name, value in response.items() if name != "Content-Length"}


def test_page_is_a_picture_to_be_shown():
    stored = store(upload(pdf()))

    response = page_response(stored.name, 1)

    assert b"".join(response).startswith(b"\xff\xd8\xff")
    assert headers(response) == {
        "Content-Type": "image/jpeg",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store, private",
        "Content-Disposition": 'inline; filename="page-1.jpg"',
    }


def test_whole_document_is_saved_under_its_name():
    stored = store(upload(pdf()))

    response = whole_response(stored.name, "Licence.PDF")

    assert b"".join(response).startswith(b"%PDF-")
    assert headers(response) == {
        "Content-Type": "application/pdf",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store, private",
        "Content-Disposition": 'attachment; filename="Licence.pdf"',
    }


@pytest.mark.parametrize(
    ("shown_as", "disposition"),
    [
        ("licence.png", 'attachment; filename="licence.jpg"'),
        ("licence", 'attachment; filename="licence.jpg"'),
        ("licence.html", 'attachment; filename="licence.html.jpg"'),
        ('a"b\r\nSet-Cookie: x=y.jpg', 'attachment; filename="a\\"bSet-Cookie: x=y.jpg"'),
        ("../../etc/passwd", 'attachment; filename="passwd.jpg"'),
        ("Zulassung für.jpg", "attachment; filename*=utf-8''Zulassung%20f%C3%BCr.jpg"),
    ],
)
def test_saved_picture_has_a_plain_name_that_fits_it(shown_as, disposition):
    stored = store(upload(picture("PNG")))

    response = whole_response(stored.name, shown_as)

    assert b"".join(response).startswith(b"\xff\xd8\xff")
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"] == disposition


@pytest.mark.parametrize("name", NAMES_OF_NOTHING)
def test_name_of_nothing_is_not_found(name):
    with pytest.raises(Http404):
        page_response(name, 1)
    with pytest.raises(Http404):
        whole_response(name, "licence.pdf")


def test_page_beyond_the_last_is_not_found():
    stored = store(upload(pdf(pages=2)))

    with pytest.raises(Http404):
        page_response(stored.name, 3)
