"""What a file is, told by how it begins; its name and what the browser claims count for nothing."""

from enum import StrEnum


class Kind(StrEnum):
    """A kind of file that we take in; in what we keep there is no PNG any more."""

    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"


HEAD_BYTES = 1024
"""How much of a file `kind_of` wants to see."""

BEGINNINGS = ((b"%PDF-", Kind.PDF), (b"\xff\xd8\xff", Kind.JPEG), (b"\x89PNG\r\n\x1a\n", Kind.PNG))
# Some programs write these before a PDF; every reader skips them.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def kind_of(head: bytes) -> Kind | None:
    """Return the kind of a file that begins so, or None for whatever we don't take.

    A polyglot that begins as one of the three passes: only the pages made from it are kept.
    """
    trimmed = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    for beginning, kind in BEGINNINGS:
        if (trimmed if kind is Kind.PDF else head).startswith(beginning):
            return kind
    return None
