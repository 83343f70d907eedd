"""Stop uploads that are too large while they are read, so that no disk fills up with them.

A file above the limit reaches its form as `TooLargeToKeep`: the body is read to its end and
dropped, hence the visitor gets the page with the message at the field and not a connection
that breaks. Only a request far above what any form takes is refused unread.

Both stand in the settings for all requests: CSRF protection reads the form before any view
could set handlers of its own.
"""

from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string

from clinic.documents.bounds import LARGEST_FILE, LARGEST_REQUEST


class TooLargeToKeep(SimpleUploadedFile):
    """An upload of which only name and size are left; its size is above the limit."""

    def __init__(self, name: str, content_type: str | None, size: int) -> None:
        super().__init__(name, b"", content_type or "")
        self.size = size


class LargestFile(FileUploadHandler):
    """The first upload handler: hands on 10 MB of a file and drops the rest."""

    read = 0

    def new_file(self, *args: object, **kwargs: object) -> None:
        """Begin to count."""
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]
        self.read = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Hand a chunk on to the next handler, or stop it here."""
        self.read += len(raw_data)
        return raw_data if self.read <= LARGEST_FILE else None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """Put the remains of a large file in its place; leave others to the next handler."""
        if self.read <= LARGEST_FILE:
            return None
        self._close_what_was_kept()
        return TooLargeToKeep(self.file_name or "", self.content_type, self.read)

    def _close_what_was_kept(self) -> None:
        # The next handlers never learn that the file is over, and would leave it on the disk.
        for handler in self.request.upload_handlers if self.request else ():
            file = getattr(handler, "file", None)
            if file is not None and handler is not self:
                file.close()


class LargestRequest:
    """Middleware: answer 413 to a body that no form of ours could mean, without reading it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > LARGEST_REQUEST:
            return HttpResponse(render_to_string("413.html"), status=413)
        return self.get_response(request)
