"""Make one clean page of a JPEG or PNG. Runs only inside the worker."""

import math
import struct
from pathlib import Path

from PIL import Image

from clinic.documents.bounds import KEPT_SIDE, LONGEST_SIDE, MOST_PIXELS
from clinic.documents.kinds import Kind
from clinic.documents.pages import Unfit, write_page

ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
ROWS = 32
WHITE = (255, 255, 255, 255)

# Our own limit is stricter, and asked as soon as the header is read.
Image.MAX_IMAGE_PIXELS = None


def draw_picture(source: Path, kind: Kind, target: Path) -> int:
    """Write the first frame of a picture as page 1, upright, on white; return 1.

    Colour profiles are dropped: a paper is read, not printed in exact colours.
    """
    with Image.open(source, formats=[kind.name]) as picture:
        _check_size(*picture.size)
        turn = _turn(picture)
        if kind is Kind.JPEG:
            # The decoder itself may skip detail that would be thrown away: less memory.
            picture.draft(None, _reduced_size(picture, _factor(picture)))
        picture.load()
        page = _in_plain_colours(picture, _factor(picture))
    write_page(page if turn is None else page.transpose(turn), target, 1)
    return 1


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise Unfit("too_many_pixels")


def _turn(picture: Image.Image) -> Image.Transpose | None:
    try:
        found = picture.getexif().get(ORIENTATION)
    except (OSError, SyntaxError, ValueError, struct.error):
        # Metadata that can't be read turns no picture.
        return None
    return UPRIGHT.get(found) if isinstance(found, int) else None


def _factor(picture: Image.Image) -> int:
    return math.ceil(max(picture.size) / KEPT_SIDE)


def _reduced_size(picture: Image.Image, factor: int) -> tuple[int, int]:
    return math.ceil(picture.width / factor), math.ceil(picture.height / factor)


def _in_plain_colours(picture: Image.Image, factor: int) -> Image.Image:
    """Return the picture as RGB on white, each side divided by `factor`.

    Some rows at a time: two whole copies of a large picture would not fit into memory.
    """
    page = Image.new("RGB", _reduced_size(picture, factor))
    step = ROWS * factor
    for top in range(0, picture.height, step):
        rows = picture.crop((0, top, picture.width, min(top + step, picture.height)))
        page.paste(_on_white(rows).reduce(factor), (0, top // factor))
    return page


def _on_white(rows: Image.Image) -> Image.Image:
    if rows.mode.startswith("I"):
        # 16 bits of grey; a plain conversion would make all but the darkest white.
        return rows.point(lambda value: value / 256).convert("L").convert("RGB")
    if not rows.has_transparency_data:
        return rows.convert("RGB")
    paper = Image.new("RGBA", rows.size, WHITE)
    return Image.alpha_composite(paper, rows.convert("RGBA")).convert("RGB")
