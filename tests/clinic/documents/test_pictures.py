"""JPEG and PNG become one clean JPEG."""

import io

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from clinic.documents.kinds import Kind
from clinic.documents.refusals import (
    DocumentUnreadable,
    TooManyPixels,
    UnknownDocumentType,
)
from clinic.documents.storage import StoredDocument, open_page, open_whole, store, stored_names
from tests.factories.documents import (
    MARK,
    PAYLOAD,
    half_red,
    photo_with_gps,
    picture,
    png_of_zeros,
    upload,
)

RED, BLUE, WHITE, GREY = (255, 0, 0), (0, 0, 255), (255, 255, 255), (128, 128, 128)


def kept(stored: StoredDocument) -> tuple[bytes, Image.Image]:
    with open_page(stored.name, 1) as page:
        content = page.read()
    return content, Image.open(io.BytesIO(content))


def is_near(colour: tuple[int, int, int], wanted: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 12 for one, other in zip(colour, wanted, strict=True))


def test_photo_loses_place_camera_comment_and_profile():
    original = photo_with_gps()
    assert original.count(MARK) == 3

    content, page = kept(store(upload(original, "photo.jpg")))

    assert MARK not in content
    assert page.format == "JPEG"
    assert dict(page.getexif()) == {}
    assert set(page.info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


# Where the red half stands once the picture is upright.
@pytest.mark.parametrize(
    ("orientation", "size", "red_at", "blue_at"),
    [
        (1, (80, 40), (20, 20), (60, 20)),
        (2, (80, 40), (60, 20), (20, 20)),
        (3, (80, 40), (60, 20), (20, 20)),
        (4, (80, 40), (20, 20), (60, 20)),
        (5, (40, 80), (20, 20), (20, 60)),
        (6, (40, 80), (20, 20), (20, 60)),
        (7, (40, 80), (20, 60), (20, 20)),
        (8, (40, 80), (20, 60), (20, 20)),
        (99, (80, 40), (20, 20), (60, 20)),
    ],
)
def test_photo_stands_upright_in_every_orientation(orientation, size, red_at, blue_at):
    _, page = kept(store(upload(photo_with_gps(orientation))))

    assert page.size == size
    assert is_near(page.getpixel(red_at), RED)
    assert is_near(page.getpixel(blue_at), BLUE)


def test_broken_metadata_turns_nothing_and_refuses_nothing():
    original = half_red(exif=b"Exif\0\0II*\0\xff\xff\xff\xff broken")

    _, page = kept(store(upload(original)))

    assert page.size == (80, 40)


@pytest.mark.parametrize("tail", [b"<html>" + PAYLOAD, b"PK\x03\x04" + PAYLOAD])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_polyglot_keeps_only_its_pixels(kind, tail):
    content, page = kept(store(upload(half_red(kind) + tail, "page.html")))

    assert MARK not in content
    assert is_near(page.getpixel((20, 20)), RED)


def test_png_text_is_dropped():
    text = PngInfo()
    text.add_text("Comment", PAYLOAD.decode())
    original = half_red("PNG", pnginfo=text)
    assert MARK in original

    content, _ = kept(store(upload(original)))

    assert MARK not in content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>" + PAYLOAD,
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"\x7fELF\x02\x01\x01" + bytes(200),
        picture("GIF") + b"PK\x03\x04" + PAYLOAD,
    ],
    ids=["nothing", "html", "svg", "program", "gif-and-jar"],
)
def test_other_file_named_jpg_is_refused(content, documents):
    with pytest.raises(UnknownDocumentType):
        store(upload(content, "licence.jpg"))

    assert not documents.exists()


def test_jpeg_cut_short_is_refused():
    whole = Image.effect_noise((400, 300), 80)
    made = io.BytesIO()
    whole.save(made, "JPEG")

    with pytest.raises(DocumentUnreadable):
        store(upload(made.getvalue()[:5000]))

    assert stored_names() == set()


@pytest.mark.parametrize("size", [(20_000, 20_000), (6_400, 6_400), (15_001, 10), (10, 15_001)])
def test_picture_of_too_many_pixels_is_refused(size, documents):
    with pytest.raises(TooManyPixels):
        store(upload(png_of_zeros(*size)))

    assert list(documents.iterdir()) == []


def test_large_picture_is_kept_smaller():
    _, page = kept(store(upload(png_of_zeros(6_300, 5_000))))

    assert page.size == (3_150, 2_500)


def test_phone_photo_keeps_its_size():
    _, page = kept(store(upload(picture(size=(4_032, 3_024)))))

    assert page.size == (4_032, 3_024)


def test_cmyk_jpeg_becomes_rgb():
    made = io.BytesIO()
    Image.new("CMYK", (40, 40), (0, 255, 255, 0)).save(made, "JPEG")

    _, page = kept(store(upload(made.getvalue())))

    assert page.mode == "RGB"
    assert is_near(page.getpixel((20, 20)), RED)


def test_png_of_16_bits_keeps_its_grey():
    made = io.BytesIO()
    Image.new("I;16", (40, 40), 0x8000).save(made, "PNG")

    _, page = kept(store(upload(made.getvalue())))

    assert is_near(page.getpixel((20, 20)), GREY)


def test_transparent_palette_shows_white_paper():
    image = Image.new("P", (40, 40), 0)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.paste(1, (0, 0, 20, 40))
    made = io.BytesIO()
    image.save(made, "PNG", transparency=0)

    _, page = kept(store(upload(made.getvalue())))

    assert is_near(page.getpixel((5, 20)), RED)
    assert is_near(page.getpixel((35, 20)), WHITE)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_picture_shows_white_paper(mode):
    _, page = kept(store(upload(picture("PNG", mode=mode))))

    assert is_near(page.getpixel((20, 20)), WHITE)


def test_black_and_white_picture_is_kept():
    _, page = kept(store(upload(picture("PNG", mode="1"))))

    assert page.getpixel((20, 20)) == (0, 0, 0)


def test_animated_png_keeps_its_first_frame():
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    made = io.BytesIO()
    frames[0].save(made, "PNG", save_all=True, append_images=frames[1:])

    stored = store(upload(made.getvalue()))

    assert stored.pages == 1
    assert is_near(kept(stored)[1].getpixel((20, 20)), RED)


def test_picture_is_its_own_whole_document():
    stored = store(upload(half_red("PNG"), "licence.png"))
    whole, kind = open_whole(stored.name)

    with whole:
        assert whole.read() == kept(stored)[0]
    assert kind is stored.kind is Kind.JPEG
