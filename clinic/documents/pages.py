"""What the worker's parts share: how a page is written, and how a file is turned down."""

from pathlib import Path

from PIL import Image

JPEG_QUALITY = 88
WHOLE_PDF = "document.pdf"


class Unfit(Exception):
    """The worker turns a file down; `code` is that of a refusal in `refusals.py`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def page_name(number: int) -> str:
    """Return the file name of a page; the first is 1."""
    return f"page-{number}.jpg"


def write_page(picture: Image.Image, target: Path, number: int) -> None:
    """Write the pixels and nothing else: no metadata, no profile, no thumbnail."""
    picture.save(target / page_name(number), "JPEG", quality=JPEG_QUALITY, subsampling=0)
