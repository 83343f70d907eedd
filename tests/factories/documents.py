"""Make files that people hand in, honest ones and hostile ones, in memory."""

import io
import struct
import zlib
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

PAYLOAD = b"<script>alert('meridian-payload')</script>"
MARK = b"meridian-payload"
MEGABYTE = 1024 * 1024


def upload(content: bytes, name: str = "licence.pdf") -> SimpleUploadedFile:
    """Return a file as a form hands it over."""
    return SimpleUploadedFile(name, content, "application/octet-stream")


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: Any
) -> bytes:
    """Return a plain picture."""
    made = io.BytesIO()
    Image.new(mode, size).save(made, kind, **options)
    return made.getvalue()


def half_red(kind: str = "JPEG", **options: Any) -> bytes:
    """Return a picture, 80 wide and 40 high, whose left half is red and whose right is blue."""
    image = Image.new("RGB", (80, 40), "blue")
    image.paste("red", (0, 0, 40, 40))
    made = io.BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


def photo_with_gps(orientation: int = 1) -> bytes:
    """Return a JPEG that says where it was taken, with what, and what it shows small."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "meridian-payload camera"
    exif[0x8825] = {1: "N", 2: (40.0, 44.0, 54.5), 3: "W", 4: (73.0, 59.0, 8.4)}
    return half_red(exif=exif, comment=PAYLOAD, icc_profile=b"meridian-payload profile")


def png_of_zeros(width: int, height: int, bits: int = 8, colour: int = 2) -> bytes:
    """Return a black PNG of any size, which takes next to nothing as a file."""
    samples = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    row = (width * samples * bits + 7) // 8 + 1
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", deflated_zeros(row * height)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(*chunk) for chunk in chunks)


def deflated_zeros(size: int) -> bytes:
    """Return `size` zeros as zlib would deflate them, without deflating gigabytes."""
    maker = zlib.compressobj(9)
    start = maker.compress(b"") + maker.flush(zlib.Z_FULL_FLUSH)
    block = maker.compress(bytes(MEGABYTE)) + maker.flush(zlib.Z_FULL_FLUSH)
    last = zlib.compressobj(9, wbits=-15)
    rest = last.compress(bytes(size % MEGABYTE)) + last.flush()
    checksum = struct.pack(">I", size % 65521 << 16 | 1)
    return start + block * (size // MEGABYTE) + rest + checksum


def pdf(
    *bodies: bytes,
    pages: int = 1,
    box: str = "0 0 595 842",
    root: bytes = b"",
    trailer: bytes = b"",
    content: bytes | None = None,
    page: bytes = b"",
) -> bytes:
    """Return a PDF; `bodies` are further objects, numbered from 4.

    Object 3 is the content of every page: a black square unless given otherwise.
    """
    first_page = 4 + len(bodies)
    kids = " ".join(f"{first_page + number} 0 R" for number in range(pages))
    square = b"0 g 100 600 200 200 re f"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + root + b" >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        content if content is not None else stream(square),
        *bodies,
    ]
    one = f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 3 0 R ".encode()
    objects += [one + page + b" >>"] * pages
    return _numbered(objects, trailer)


def stream(content: bytes, dictionary: bytes = b"") -> bytes:
    """Return a PDF stream object."""
    length = f"<< /Length {len(content)} ".encode()
    return length + dictionary + b" >>\nstream\n" + content + b"\nendstream"


def locked_pdf() -> bytes:
    """Return a PDF that only an unknown password opens."""
    key = b"00" * 32
    encryption = b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <" + key + b"> /U <" + key + b"> >>"
    return pdf(encryption, trailer=b"/Encrypt 4 0 R /ID [<00><00>]")


def pdf_with_script_and_file() -> bytes:
    """Return a PDF that runs a script when it is opened, and carries a file and a title."""
    script = b"<< /S /JavaScript /JS (app.alert\\('meridian-payload'\\)) >>"
    embedded = stream(PAYLOAD, b"/Type /EmbeddedFile")
    file = b"<< /Type /Filespec /F (payload.html) /EF << /F 5 0 R >> >>"
    info = b"<< /Title (meridian-payload) /Author (meridian-payload) >>"
    root = b"/OpenAction 4 0 R /Names << /EmbeddedFiles << /Names [(payload.html) 6 0 R] >> >>"
    return pdf(script, embedded, file, info, root=root, trailer=b"/Info 7 0 R")


def pdf_with_filled_form() -> bytes:
    """Return a PDF whose only ink is what was typed into a field: a black square."""
    drawn = stream(b"0 g 0 0 200 200 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 200 200]")
    field = (
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (number) /V (LAc 1234) /F 4 "
        b"/Rect [100 600 300 800] /AP << /N 4 0 R >> >>"
    )
    form = b"/AcroForm << /Fields [5 0 R] >>"
    return pdf(drawn, field, content=stream(b""), root=form, page=b"/Annots [5 0 R]")


def pdf_bomb(gigabytes: int = 4) -> bytes:
    """Return a small PDF whose page unfolds, in two steps, into gigabytes."""
    nested = zlib.compress(deflated_zeros(gigabytes * 1024 * MEGABYTE), 9)
    return pdf(content=stream(nested, b"/Filter [/FlateDecode /FlateDecode]"))


def pdf_with_huge_picture(side: int = 20_000) -> bytes:
    """Return a PDF that shows a picture of 400 megapixels in three colours."""
    dictionary = (
        f"/Type /XObject /Subtype /Image /Width {side} /Height {side} /BitsPerComponent 8 "
        "/ColorSpace /DeviceRGB /Filter [/FlateDecode /FlateDecode]"
    )
    image = stream(zlib.compress(deflated_zeros(3 * side * side), 9), dictionary.encode())
    shown = stream(b"q 500 0 0 500 50 50 cm /P Do Q")
    return pdf(image, content=shown, page=b"/Resources << /XObject << /P 4 0 R >> >>")


def endless_pdf() -> bytes:
    """Return a PDF of one page that takes minutes to draw."""
    drawn = b"0 0 m " + b"595 842 l 0 842 l 595 0 l 0 0 l " * 4000 + b"f* "
    packed = zlib.compress(drawn * 60, 9)
    return pdf(content=stream(packed, b"/Filter /FlateDecode"))


def _png_chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def _numbered(objects: list[bytes], trailer: bytes) -> bytes:
    written, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(written))
        written += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(written)
    written += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    written += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    written += f"trailer\n<< /Root 1 0 R /Size {len(objects) + 1} ".encode() + trailer
    return bytes(written + f" >>\nstartxref\n{table}\n%%EOF\n".encode())
