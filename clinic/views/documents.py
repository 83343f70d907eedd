"""Hand out documents so that a browser can do nothing with them but show or save them.

Who may see one is asked by the view that calls these, before it calls them.
"""

import re
from typing import BinaryIO

from django.http import FileResponse, Http404

from clinic.documents.kinds import Kind
from clinic.documents.storage import NoSuchDocument, cleaned_name, open_page, open_whole

JPEG = "image/jpeg"
CONTENT_TYPES = {Kind.PDF: "application/pdf", Kind.JPEG: JPEG}
SUFFIXES = {Kind.PDF: ".pdf", Kind.JPEG: ".jpg"}
KNOWN_SUFFIX = re.compile(r"\.(pdf|jpe?g|png)$", re.IGNORECASE)
PROTECTION = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store, private",
}


def page_response(name: str, number: int) -> FileResponse:
    """Answer with one page as a picture to be shown; the first is 1. 404 if there is none."""
    try:
        page = open_page(name, number)
    except NoSuchDocument as error:
        raise Http404 from error
    return _protected(FileResponse(page, content_type=JPEG))


def whole_response(name: str, shown_as: str) -> FileResponse:
    """Answer with the whole document to be saved as `shown_as`. 404 if there is none.

    The suffix follows what is kept: a PNG was made a JPEG.
    """
    try:
        whole, kind = open_whole(name)
    except NoSuchDocument as error:
        raise Http404 from error
    return _protected(_attachment(whole, kind, shown_as))


def _attachment(whole: BinaryIO, kind: Kind, shown_as: str) -> FileResponse:
    filename = KNOWN_SUFFIX.sub("", cleaned_name(shown_as)) + SUFFIXES[kind]
    return FileResponse(
        whole, as_attachment=True, filename=filename, content_type=CONTENT_TYPES[kind]
    )


def _protected(response: FileResponse) -> FileResponse:
    for header, value in PROTECTION.items():
        response[header] = value
    return response
