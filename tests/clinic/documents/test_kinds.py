"""A file is what it begins with."""

import pytest

from clinic.documents.kinds import Kind, kind_of
from tests.factories.documents import PAYLOAD, pdf, picture


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (pdf(), Kind.PDF),
        (b"\xef\xbb\xbf\r\n" + pdf(), Kind.PDF),
        (picture("JPEG"), Kind.JPEG),
        (picture("PNG"), Kind.PNG),
    ],
)
def test_pdf_jpeg_and_png_are_known_by_their_beginning(head, kind):
    assert kind_of(head[:1024]) is kind


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b" ",
        b"<!doctype html>" + PAYLOAD,
        b'<svg xmlns="http://www.w3.org/2000/svg">' + PAYLOAD,
        b"\x7fELF\x02\x01\x01",
        b"MZ\x90\x00",
        b"PK\x03\x04",
        b"\n\xff\xd8\xff\xe0",
        b"<!-- -->%PDF-1.7",
        picture("GIF"),
        picture("BMP"),
        picture("TIFF"),
        picture("WEBP"),
    ],
)
def test_anything_else_is_unknown(head):
    assert kind_of(head) is None
