"""Draw papers that look like papers and are plainly invented."""

import io
from collections.abc import Sequence

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw, ImageFont

from clinic.documents.storage import StoredDocument, store

PAGE = (1240, 1754)
"""A4 at 150 dots per inch."""
PAPER, INK, FAINT, LINE = "#fbf7ee", "#22302c", "#6d7a74", "#8a6a1f"
NOT_REAL = "Drawn for the demonstration. No such body, no such certificate."

Lines = Sequence[str]


def stored_certificate(name: str, pages: Sequence[tuple[str, Lines]]) -> StoredDocument:
    """Draw a document of some pages (heading, lines), and take it in like any upload.

    A name in `.pdf` makes a PDF, any other a JPEG of the first page. Call it outside any
    transaction.
    """
    drawn = [_page(heading, lines) for heading, lines in pages]
    made = io.BytesIO()
    if name.endswith(".pdf"):
        drawn[0].save(made, "PDF", save_all=True, append_images=drawn[1:], resolution=150)
    else:
        drawn[0].save(made, "JPEG", quality=85)
    return store(ContentFile(made.getvalue(), name=name))


def _page(heading: str, lines: Lines) -> Image.Image:
    page = Image.new("RGB", PAGE, PAPER)
    pen = ImageDraw.Draw(page)
    width, height = PAGE
    pen.rectangle((60, 60, width - 60, height - 60), outline=LINE, width=4)
    pen.rectangle((76, 76, width - 76, height - 76), outline=LINE, width=1)
    _write(pen, 260, heading, 58, INK)
    for number, line in enumerate(lines):
        _write(pen, 480 + 90 * number, line, 38, INK)
    pen.ellipse((width / 2 - 90, 1280, width / 2 + 90, 1460), outline=LINE, width=6)
    _write(pen, 1346, "SPECIMEN", 30, LINE)
    _write(pen, height - 160, NOT_REAL, 28, FAINT)
    return page


def _write(pen: ImageDraw.ImageDraw, top: int, words: str, size: int, ink: str) -> None:
    font = ImageFont.load_default(size=size)
    pen.text((PAGE[0] / 2, top), words, font=font, fill=ink, anchor="ma")
