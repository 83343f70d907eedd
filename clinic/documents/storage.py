"""Keep documents under random names, outside whatever is served.

```
DOCUMENTS_DIR/                                  mode 0700
    0f1e...32 hex digits.../  page-1.jpg ...    what is kept; a PDF has document.pdf as well
    .new-...32 hex digits.../ source, pages/    being taken in; gone a moment later
```

Who may see a document is for the caller to decide.
"""

import hashlib
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import File

from clinic.documents.bounds import LARGEST_FILE, MOST_PAGES
from clinic.documents.cleaning import clean
from clinic.documents.kinds import HEAD_BYTES, Kind, kind_of
from clinic.documents.pages import WHOLE_PDF, page_name
from clinic.documents.refusals import DocumentTooLarge, UnknownDocumentType

NAME = re.compile(r"[0-9a-f]{32}")
NEW = re.compile(r"\.new-[0-9a-f]{32}")
LONGEST_NAME = 120
NAMELESS = "document"


class NoSuchDocument(Exception):
    """There is no document of that name, or no such page in it; a page answers 404."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """What is kept of an upload. `kind`, `sha256` and `bytes` are those of the whole file.

    `kind` is `PDF` or `JPEG`; a JPEG has one page, which is the whole file as well.
    """

    name: str
    kind: Kind
    pages: int
    sha256: str
    original_sha256: str
    original_name: str
    bytes: int


def store(upload: "File[bytes]") -> StoredDocument:
    """Take in an upload: keep clean pages of it under a random name, and drop the original.

    Takes up to 20 seconds, so call it outside any transaction; a failure later on leaves an
    orphan for `remove_orphans`. Raises a `DocumentRefused` and then leaves nothing behind.
    """
    kind = kind_at_first_sight(upload)
    name = secrets.token_hex(16)
    working = _root() / f".new-{name}"
    working.mkdir(mode=0o700)
    try:
        original_sha256 = _copy(upload, working / "source")
        files = clean(working / "source", kind, working)
        _flush([*files, working / "pages"])
        os.rename(working / "pages", _root() / name)
        _flush([_root()])
    finally:
        shutil.rmtree(working)
    whole = _root() / name / files[-1].name
    return StoredDocument(
        name=name,
        kind=Kind.PDF if kind is Kind.PDF else Kind.JPEG,
        pages=len(files) - (kind is Kind.PDF),
        sha256=_sha256_of(whole),
        original_sha256=original_sha256,
        original_name=cleaned_name(upload.name or ""),
        bytes=whole.stat().st_size,
    )


def open_page(name: str, number: int) -> BinaryIO:
    """Open a page, a JPEG, for reading; the first is 1. Raises `NoSuchDocument`."""
    if not 1 <= number <= MOST_PAGES:
        raise NoSuchDocument
    return _opened(_folder(name) / page_name(number))


def open_whole(name: str) -> tuple[BinaryIO, Kind]:
    """Open all of a document for reading, and say what it is. Raises `NoSuchDocument`."""
    try:
        return _opened(_folder(name) / WHOLE_PDF), Kind.PDF
    except NoSuchDocument:
        return open_page(name, 1), Kind.JPEG


def remove(name: str) -> None:
    """Remove a document for good; one that is not there is fine."""
    folder = _folder(name)
    if folder.exists():
        shutil.rmtree(folder)


def stored_names() -> set[str]:
    """Return the names of all documents that are kept."""
    return {path.name for path in _root().iterdir() if NAME.fullmatch(path.name)}


def remove_orphans(known: Collection[str], older_than: datetime) -> list[str]:
    """Remove documents that no row names, and remains of uploads; return the documents' names.

    Only what was written before `older_than`: let a day pass, so that nothing is removed
    whose row is still being written.
    """
    kept = set(known)
    found = [path for path in sorted(_root().iterdir()) if _written_before(path, older_than)]
    orphans = [path for path in found if NAME.fullmatch(path.name) and path.name not in kept]
    remains = [path for path in found if NEW.fullmatch(path.name)]
    for path in orphans + remains:
        shutil.rmtree(path)
    return [path.name for path in orphans]


def kind_at_first_sight(upload: "File[bytes]") -> Kind:
    """Return what an upload says it is by its beginning; forms ask this before a service does.

    Raises `DocumentTooLarge` or `UnknownDocumentType`.
    """
    if (upload.size or 0) > LARGEST_FILE:
        raise DocumentTooLarge
    upload.seek(0)
    kind = kind_of(upload.read(HEAD_BYTES))
    upload.seek(0)
    if kind is None:
        raise UnknownDocumentType
    return kind


def cleaned_name(raw: str) -> str:
    """Return a file's name fit to be shown: no folders, no control or direction characters."""
    last = re.split(r"[/\\]", raw)[-1]
    printable = "".join(sign for sign in last if not unicodedata.category(sign).startswith("C"))
    stem, dot, suffix = " ".join(printable.split()).rpartition(".")
    if not stem.strip(". "):
        return suffix.strip()[:LONGEST_NAME] or NAMELESS
    ending = (dot + suffix)[:20]
    return stem[: LONGEST_NAME - len(ending)] + ending


def _copy(upload: "File[bytes]", path: Path) -> str:
    """Write an upload to a file and return its hash; what it claims as its size is not believed."""
    digest, written = hashlib.sha256(), 0
    upload.seek(0)
    with path.open("xb") as file:
        for chunk in upload.chunks():
            written += len(chunk)
            if written > LARGEST_FILE:
                raise DocumentTooLarge
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def _root() -> Path:
    root = Path(settings.DOCUMENTS_DIR)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return root


def _folder(name: str) -> Path:
    # Names come from addresses and rows; only our own pattern ever becomes a path.
    if not NAME.fullmatch(name):
        raise NoSuchDocument
    return _root() / name


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NoSuchDocument from error


def _flush(paths: list[Path]) -> None:
    """Wait for the disk, so that no row outlives a power cut without its document."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _written_before(path: Path, instant: datetime) -> bool:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) < instant
    except FileNotFoundError:
        # An upload that ended just now.
        return False
