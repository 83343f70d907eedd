"""Store what people upload around the service call that names it in a row."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.core.files.base import File

from clinic.documents.bounds import WALL_SECONDS
from clinic.documents.refusals import DocumentRefused, DocumentTooSlow
from clinic.documents.storage import StoredDocument, cleaned_name, remove, store
from clinic.models import CredentialDocument

REQUEST_SECONDS = 28
"""What one request may take for all its files: gunicorn ends it after 30 seconds."""


@contextmanager
def stored(uploads: "Sequence[File[bytes]]") -> Iterator[list[StoredDocument]]:
    """Store uploads, and remove those that no row names when the block is left.

    Enter it outside any transaction, and call the service inside the block. So a refused
    service call, or the same form sent twice, leaves nothing on the disk. Raises a
    `DocumentRefused` that says which file; then none of them is kept.
    """
    documents: list[StoredDocument] = []
    try:
        _store_all(uploads, documents)
        yield documents
    finally:
        _remove_unnamed([item.name for item in documents])


def _store_all(uploads: "Sequence[File[bytes]]", documents: list[StoredDocument]) -> None:
    begun = time.monotonic()
    for upload in uploads:
        if documents and time.monotonic() - begun > REQUEST_SECONDS - WALL_SECONDS:
            raise DocumentTooSlow
        try:
            documents.append(store(upload))
        except DocumentRefused as refusal:
            if len(uploads) == 1:
                raise
            raise _of_file(refusal, upload) from refusal


def _of_file(refusal: DocumentRefused, upload: "File[bytes]") -> DocumentRefused:
    return type(refusal)(f"“{cleaned_name(upload.name or '')}”: {refusal.message}")


def _remove_unnamed(names: list[str]) -> None:
    if not names:
        return
    # The database is asked, since an error may come after a commit as well as before it.
    rows = CredentialDocument.objects.filter(name__in=names)
    for name in set(names) - set(rows.values_list("name", flat=True)):
        remove(name)
