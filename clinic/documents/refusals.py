"""Why a document is not taken in. Each message stands at the field where it was chosen.

They stand together here because the worker, which imports no Django, names them by code,
and forms raise the cheap ones before a service is asked.
"""

from django.utils.translation import gettext_lazy as _

from clinic.refusals import Refusal


class DocumentRefused(Refusal):
    """The base of them all: catch it to put the message at the field."""

    code = "document_refused"
    message = _("We can't take this file.")


class DocumentTooLarge(DocumentRefused):
    """More than 10 MB."""

    code = "document_too_large"
    message = _("This file is larger than 10 MB. Please hand in a smaller one.")


class UnknownDocumentType(DocumentRefused):
    """Neither PDF nor JPEG nor PNG, whatever its name says; or nothing at all."""

    code = "unknown_document_type"
    message = _("Please hand in a PDF, JPEG or PNG.")


class DocumentUnreadable(DocumentRefused):
    """Broken, cut short, or more than the worker may spend on it."""

    code = "document_unreadable"
    message = _("This file can't be opened. Save it anew or take a photo of the paper.")


class DocumentLocked(DocumentRefused):
    """A PDF that asks for a password."""

    code = "document_locked"
    message = _("This PDF asks for a password. Please hand in a copy without one.")


class TooManyPages(DocumentRefused):
    """A PDF of more than 20 pages."""

    code = "too_many_pages"
    message = _("This PDF has more than 20 pages. Please hand in only those that matter.")


class TooManyPixels(DocumentRefused):
    """A picture of more than 40 megapixels, or with a side above 15,000 pixels."""

    code = "too_many_pixels"
    message = _("This picture is larger than 40 megapixels. Please hand in a smaller one.")


class DocumentTooSlow(DocumentRefused):
    """It took the worker longer than it may."""

    code = "document_too_slow"
    message = _("This file took too long to open. Save it anew or take a photo of the paper.")


REFUSALS: dict[str, type[DocumentRefused]] = {
    kind.code: kind
    for kind in (
        DocumentTooLarge,
        UnknownDocumentType,
        DocumentUnreadable,
        DocumentLocked,
        TooManyPages,
        TooManyPixels,
        DocumentTooSlow,
    )
}
"""By code."""
