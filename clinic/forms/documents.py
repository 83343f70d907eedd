"""Fields that take documents: PDF, JPEG or PNG up to 10 MB.

They ask what is cheap to know: how many, how large, how each begins. Whether a file can be
opened is told by `clinic.documents.storage.store`; put its message at the field with
`form.add_error(name, refusal.message)`. The form tag needs `enctype="multipart/form-data"`.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from clinic.documents.bounds import MOST_FILES
from clinic.documents.refusals import DocumentRefused, UnknownDocumentType
from clinic.documents.storage import cleaned_name, kind_at_first_sight

ACCEPTED = ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"
HINT = _("A PDF, JPEG or PNG of up to 10 MB. A photo taken with the phone is fine.")
MISSING = _("Choose a PDF, JPEG or PNG.")


class SeveralFiles(forms.FileInput):
    """A control for more than one file."""

    allow_multiple_selected = True


class DocumentField(forms.FileField):
    """One document."""

    default_error_messages = {
        "required": MISSING,
        "missing": MISSING,
        "invalid": MISSING,
        "empty": UnknownDocumentType.message,
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.FileInput(attrs={"accept": ACCEPTED}))
        kwargs.setdefault("help_text", HINT)
        super().__init__(**kwargs)

    def to_python(self, data: "File[bytes] | None") -> "File[bytes] | None":
        """Return the upload, or raise what is wrong with it at first sight."""
        upload = super().to_python(data)
        if upload is None:
            return None
        try:
            kind_at_first_sight(upload)
        except DocumentRefused as refusal:
            raise ValidationError(str(refusal.message), code=refusal.code) from refusal
        return upload


class DocumentsField(DocumentField):
    """Up to five documents; gives a list, empty if none was chosen and none is required."""

    default_error_messages = {
        "too_many": ngettext_lazy(
            "Hand in at most %(most)d file at once.",
            "Hand in at most %(most)d files at once.",
            "most",
        )
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", SeveralFiles(attrs={"accept": ACCEPTED}))
        super().__init__(**kwargs)

    def clean(self, data: "list[File[bytes]] | None", initial: Any = None) -> "list[File[bytes]]":
        """Check each file; the message of a wrong one says which."""
        if not data:
            super().clean(None, initial)
            return []
        if len(data) > MOST_FILES:
            raise ValidationError(
                self.error_messages["too_many"], code="too_many", params={"most": MOST_FILES}
            )
        return [self._cleaned(upload, alone=len(data) == 1) for upload in data]

    def _cleaned(self, upload: "File[bytes]", *, alone: bool) -> "File[bytes]":
        try:
            return super().clean(upload)
        except ValidationError as error:
            if alone:
                raise
            words = f"“{cleaned_name(upload.name or '')}”: {error.messages[0]}"
            raise ValidationError(words, code=error.code) from error
