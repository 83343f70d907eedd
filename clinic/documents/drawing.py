"""Make clean pages of a PDF, and a new PDF of the pages. Runs only inside the worker."""

from pathlib import Path

from pypdfium2 import PdfDocument, PdfImage, PdfiumError, PdfMatrix
from pypdfium2.raw import FPDF_ERR_PASSWORD

from clinic.documents.bounds import DRAWN_SIDE, MOST_PAGES
from clinic.documents.pages import WHOLE_PDF, Unfit, page_name, write_page

FINEST = 300 / 72
"""Pixels a point at 300 dpi: small cards are not blown up further."""
POINTS_PER_PIXEL = 842 / DRAWN_SIDE
"""So that the longest side of a page is that of A4."""


def draw_pdf(source: Path, target: Path) -> int:
    """Write every page as a picture, and a PDF made of these; return how many there are.

    Nothing of the file itself is carried over: neither scripts nor attachments, links, text.
    """
    pdf = _opened(source)
    # What was typed into the fields of a form is part of what one sees.
    pdf.init_forms()
    pages = len(pdf)
    if pages > MOST_PAGES:
        raise Unfit("too_many_pages")
    if not pages:
        raise Unfit("document_unreadable")
    whole = PdfDocument.new()
    for number in range(1, pages + 1):
        _draw_page(pdf, target, number)
        _add_page(whole, target / page_name(number))
    whole.save(target / WHOLE_PDF)
    return pages


def _opened(source: Path) -> PdfDocument:
    try:
        return PdfDocument(source)
    except PdfiumError as error:
        locked = error.err_code == FPDF_ERR_PASSWORD
        raise Unfit("document_locked" if locked else "document_unreadable") from error


def _draw_page(pdf: PdfDocument, target: Path, number: int) -> None:
    page = pdf[number - 1]
    # A page may claim any size; what is drawn is limited. Sides are rounded up.
    scale = min((DRAWN_SIDE - 1) / max(page.get_size()), FINEST)
    bitmap = page.render(scale=scale)
    write_page(bitmap.to_pil().convert("RGB"), target, number)
    bitmap.close()
    page.close()


def _add_page(whole: PdfDocument, path: Path) -> None:
    picture = PdfImage.new(whole)
    picture.load_jpeg(path, inline=True)
    width, height = (side * POINTS_PER_PIXEL for side in picture.get_px_size())
    picture.set_matrix(PdfMatrix().scale(width, height))
    page = whole.new_page(width, height)
    page.insert_obj(picture)
    page.gen_content()
    page.close()
